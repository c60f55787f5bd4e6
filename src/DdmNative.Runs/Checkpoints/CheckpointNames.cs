using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Checkpoints;

/// <summary>
/// Maps the tensor names of PyTorch modules to ours (docs/interchange.md). Our own names and torchvision's are kept. Numbered names, from
/// <c>nn.Sequential</c> (<c>0.weight</c>, <c>net.0.weight</c>, also nested: <c>2.module.0.1.weight</c>) or the dataset-condensation code
/// (<c>features.0.weight</c> … <c>classifier.weight</c>), are distinguished by their order and the number of axes: four for a convolution,
/// one for a norm, two for a linear layer. Prefixes of wrappers (<c>module.</c>, <c>_orig_mod.</c>) are removed, and so are the counters of
/// batch norms (<c>num_batches_tracked</c>).
/// </summary>
internal static class CheckpointNames
{
    private static readonly string[] Wrappers = ["module.", "_orig_mod."];
    private static readonly string[] Heads = ["classifier", "head", "fc", "linear"];
    /// <summary>The name of a tensor that only a batch norm has.</summary>
    public const string RunningMean = "running_mean";

    private const string Counter = "num_batches_tracked", Residual = "module";

    /// <summary>
    /// Returns the tensors under our names if the file's names are documented; otherwise unchanged, and the network rejects them by name.
    /// </summary>
    /// <exception cref="BadInputException">The modules are numbered but do not form a known network.</exception>
    public static IReadOnlyList<RenamedTensor> Recognise(SafetensorsContents file)
    {
        (string Name, NamedTensor Tensor)[] tensors = [.. file.Tensors.Select(tensor => (tensor.Name, tensor))];
        foreach (string wrapper in Wrappers)
        {
            if (tensors.Length > 0 && tensors.All(tensor => tensor.Name.StartsWith(wrapper, StringComparison.Ordinal)))
                tensors = [.. tensors.Select(tensor => (tensor.Name[wrapper.Length..], tensor.Tensor))];
        }

        tensors = [.. tensors.Where(tensor => LeafOf(tensor.Name) != Counter)];
        Module[]? modules = Numbered(tensors);
        if (modules is null)
        {
            Func<string, string> rename = RenamingOf(tensors);
            return [.. tensors.Select(tensor => new RenamedTensor(tensor.Tensor with { Name = Renamed(tensor.Name, rename) },
                tensor.Tensor.Name))];
        }

        string[] names = NamesOf(modules)
            ?? throw new BadInputException(file.File, "modules",
                string.Join(", ", modules.Select(module => $"{module.Name} ({Word(module.Kind)})").Take(NamedParameters.MostNamed)),
            string.Join("; ", NetworkRegistry.All.Select(network => $"{network.Modules} ({network.Name})")),
            $"Rename the tensors with --name-map FILE ({NameMap.Form}).");
        Dictionary<string, string> ours = modules.Zip(names).ToDictionary(pair => pair.First.Name, pair => pair.Second);
        return [.. tensors.Select(
            tensor => new RenamedTensor(tensor.Tensor with { Name = $"{ours[ModuleOf(tensor.Name)]}.{LeafOf(tensor.Name)}" },
            tensor.Tensor.Name))];
    }

    /// <summary>The renaming of the first network that recognises the tensors under its names; otherwise none.</summary>
    private static Func<string, string> RenamingOf((string Name, NamedTensor Tensor)[] tensors)
    {
        foreach (NetworkDescription network in NetworkRegistry.All)
        {
            Dictionary<string, int[]> shapes = [];
            foreach ((string name, NamedTensor tensor) in tensors)
                shapes[Renamed(name, network.RenameModule)] = tensor.Shape;
            if (network.RecogniseAll(shapes) is not null)
                return network.RenameModule;
        }

        return module => module;
    }

    private static string Renamed(string name, Func<string, string> rename)
        => ModuleOf(name) is { Length: > 0 } module ? $"{rename(module)}.{LeafOf(name)}" : name;

    /// <summary>The modules in the order in which data pass through them; null if their names are not numbers followed by a head.</summary>
    private static Module[]? Numbered((string Name, NamedTensor Tensor)[] tensors)
    {
        var modules = new List<Module>();
        foreach (IGrouping<string, (string Name, NamedTensor Tensor)> module in tensors.GroupBy(tensor => ModuleOf(tensor.Name)))
        {
            NamedTensor? weight = module.FirstOrDefault(tensor => LeafOf(tensor.Name) == "weight").Tensor;
            bool hasStatistics = module.Any(tensor => LeafOf(tensor.Name) == RunningMean);
            ModuleKind? kind = weight?.Shape.Length switch
            {
                4 => ModuleKind.Convolution,
                1 => hasStatistics ? ModuleKind.BatchNorm : ModuleKind.Norm,
                2 => ModuleKind.Linear,
                _ => null,
            };
            string[] parts = module.Key.Split('.');
            int[] numbers = [.. parts.Where(part => part != Residual)
                .SkipWhile(part => !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
            string[] prefix = [.. parts.TakeWhile(part => !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))];
            bool isHead = numbers.Length == 0 && Heads.Contains(parts[^1]);
            if (kind is null || numbers.Contains(-1) || (numbers.Length == 0 && !isHead))
                return null;
            bool ofHead = isHead || (prefix.Length > 0 && Heads.Contains(prefix[^1]));
            modules.Add(new Module(module.Key, string.Join('.', isHead ? prefix[..^1] : prefix), ofHead, numbers, kind.Value));
        }

        bool oneBody = modules.Where(module => !module.OfHead).Select(module => module.Prefix).Distinct().Count() <= 1;
        bool oneHead = modules.Where(module => module.OfHead).Select(module => module.Prefix).Distinct().Count() <= 1;
        return modules.Count > 0 && oneBody && oneHead && modules.Any(module => module.Numbers.Length > 0)
            ? [.. modules.OrderBy(module => module.OfHead).ThenBy(module => module.Numbers, InTurn)] : null;
    }

    /// <summary>The order of nested numbers: 2.9 before 2.10 and before 3.</summary>
    private static readonly Comparer<int[]> InTurn = Comparer<int[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    /// <summary>Our names of the modules, in order; null if they do not form one of our networks.</summary>
    private static string[]? NamesOf(Module[] modules)
    {
        ModuleKind[] kinds = [.. modules.Select(module => module.Kind)];
        return NetworkRegistry.All.Select(network => network.NameModules(kinds)).FirstOrDefault(names => names is not null);
    }

    private static string ModuleOf(string name) => name.LastIndexOf('.') is > 0 and int dot ? name[..dot] : "";

    private static string LeafOf(string name) => name[(name.LastIndexOf('.') + 1)..];

    private static string Word(ModuleKind kind)
        => kind switch
        {
            ModuleKind.Convolution => "convolution",
            ModuleKind.Norm => "norm",
            ModuleKind.BatchNorm => "batch norm",
            _ => "linear",
        };

    private sealed record Module(string Name, string Prefix, bool OfHead, int[] Numbers, ModuleKind Kind);
}
