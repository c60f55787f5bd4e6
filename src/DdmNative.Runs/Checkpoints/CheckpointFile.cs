using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Checkpoints;

/// <summary>
/// A network that was trained elsewhere, read from safetensors: its tensors under our names (<see cref="CheckpointNames"/>), and the
/// architecture that they imply.
/// </summary>
internal sealed class CheckpointFile
{
    private static readonly string[] Pickles = [".pt", ".pth", ".ckpt", ".bin", ".pkl"];

    private readonly IReadOnlyList<RenamedTensor> _tensors;

    private CheckpointFile(string path, IReadOnlyList<RenamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        _tensors = tensors;
        Metadata = metadata;
    }

    public string Path { get; }

    /// <summary>
    /// The file's metadata; in our files it contains the normalisation that the network expects (<see cref="CheckpointMetadata"/>).
    /// </summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads a file and maps its tensor names to ours.</summary>
    /// <param name="path">The safetensors file.</param>
    /// <param name="map">The user's map of names; null to recognise the documented names.</param>
    /// <exception cref="BadInputException">The file is missing, damaged or of another format, or its names are not recognised.</exception>
    public static CheckpointFile Read(string path, NameMap? map)
    {
        RequireSafetensors(path);
        SafetensorsContents contents = map is null ? Safetensors.Read(path) : Safetensors.Read(path, map.Reads);
        return new CheckpointFile(path, map is null ? CheckpointNames.Recognise(contents) : map.Apply(contents), contents.Metadata);
    }

    /// <summary>Derives architecture, width and depth from the tensors' names and shapes.</summary>
    /// <exception cref="BadInputException">They match no known network.</exception>
    public JobNetwork Network()
    {
        // A name that occurs twice is refused with all other faults of the tensors.
        Dictionary<string, int[]> shapes = [];
        foreach (RenamedTensor tensor in _tensors)
            shapes.TryAdd(tensor.Tensor.Name, tensor.Tensor.Shape);
        bool hasBatchNorm = shapes.Keys.Any(name => name.EndsWith(CheckpointNames.RunningMean, StringComparison.Ordinal));
        foreach (NetworkDescription network in NetworkRegistry.All)
        {
            if (network.RecogniseAll(shapes) is NetworkForm form)
                return new JobNetwork
                {
                    Architecture = network.Name, Hidden = form.Hidden,
                    Width = network.StandardWidth is null || form.Hidden is not null ? null : form.Width,
                    Depth = network.StandardDepth is null || form.Hidden is not null ? null : form.Depth,
                    Norm = network.StandardNorm is NormKind usual and not NormKind.Batch && hasBatchNorm ? JobNetwork.BatchNorm : null,
                };
        }

        throw new BadInputException(Path, "tensors",
            string.Join(", ", _tensors.Select(tensor => tensor.Original).Take(NamedParameters.MostNamed)),
            $"those of one of {string.Join(", ", NetworkRegistry.All.Select(network => $"{network.Name} ({network.Tensors})"))}, or of "
            + $"such an nn.Sequential",
            $"Rename them with --name-map FILE ({NameMap.Form}).", mostShown: 1000);
    }

    /// <summary>θ, [P].</summary>
    /// <exception cref="BadInputException">Tensors are missing, have the wrong shape, or do not belong to the network; the message names
    /// all of them.</exception>
    public float[] Parameters(Network network) => network.FromRenamedTensors(Path, _tensors);

    /// <summary>Rejects PyTorch's own files with an explanation. They are pickles, which run code when they are read.</summary>
    private static void RequireSafetensors(string path)
    {
        Span<byte> start = stackalloc byte[2];
        int length;
        using (FileStream file = InputFile.Open(path))
            length = InputFile.ReadSome(file, start, path, 0);
        bool isZip = start[..length].SequenceEqual("PK"u8), isPickle = length > 0 && start[0] == 0x80
            && Pickles.Contains(System.IO.Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
        if (isZip || isPickle)
            throw new BadInputException(path, "byte 0", isZip
                ? "a zip, as torch.save writes it" : "a pickle, as torch.save writes it", "a safetensors file",
                "Convert it in Python: safetensors.torch.save_file(network.state_dict(), \"model.safetensors\").");
    }
}
