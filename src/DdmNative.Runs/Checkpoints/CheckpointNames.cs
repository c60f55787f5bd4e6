using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Checkpoints;

/// <summary>
/// Maps the tensor names of PyTorch modules to ours (docs/interchange.md). Our own names are kept. Numbered names, from
/// <c>nn.Sequential</c> (<c>0.weight</c>, <c>net.0.weight</c>) or the dataset-condensation code (<c>features.0.weight</c> …
/// <c>classifier.weight</c>), are distinguished by their order and the number of axes: four for a convolution, one for a norm, two for a
/// linear layer. Prefixes of wrappers (<c>module.</c>, <c>_orig_mod.</c>) are removed.
/// </summary>
internal static class CheckpointNames
{
    private static readonly string[] Wrappers = ["module.", "_orig_mod."];
    private static readonly string[] Heads = ["classifier", "head", "fc", "linear"];
    private static readonly string[] RunningStatistics = ["running_mean", "running_var", "num_batches_tracked"];

    /// <summary>
    /// Returns the tensors under our names if the file's names are documented; otherwise unchanged, and the network rejects them by name.
    /// </summary>
    /// <exception cref="BadInputException">The modules are numbered but do not form a known network, or they include batch
    /// normalisation.</exception>
    public static IReadOnlyList<RenamedTensor> Recognise(SafetensorsContents file)
    {
        (string Name, NamedTensor Tensor)[] tensors = [.. file.Tensors.Select(tensor => (tensor.Name, tensor))];
        foreach (string wrapper in Wrappers)
        {
            if (tensors.Length > 0 && tensors.All(tensor => tensor.Name.StartsWith(wrapper, StringComparison.Ordinal)))
                tensors = [.. tensors.Select(tensor => (tensor.Name[wrapper.Length..], tensor.Tensor))];
        }

        if (tensors.Select(tensor => tensor.Name).FirstOrDefault(name => RunningStatistics.Any(name.EndsWith)) is string running)
            throw new BadInputException(file.File, running, "a batch normalisation's running statistics",
                "instance normalisation, which has none (nn.GroupNorm(C, C) or nn.InstanceNorm2d(C, affine=True))",
                "Train the network with instance normalisation; ddm has no batch normalisation.");

        Module[]? modules = Numbered(tensors);
        if (modules is null)
            return [.. tensors.Select(tensor => new RenamedTensor(tensor.Tensor with { Name = tensor.Name }, tensor.Tensor.Name))];
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

    /// <summary>The modules in the order in which data pass through them; null if their names are not numbers followed by a head.</summary>
    private static Module[]? Numbered((string Name, NamedTensor Tensor)[] tensors)
    {
        var modules = new List<Module>();
        foreach (IGrouping<string, (string Name, NamedTensor Tensor)> module in tensors.GroupBy(tensor => ModuleOf(tensor.Name)))
        {
            NamedTensor? weight = module.FirstOrDefault(tensor => LeafOf(tensor.Name) == "weight").Tensor;
            ModuleKind? kind = weight?.Shape.Length switch { 4 => ModuleKind.Convolution, 1 => ModuleKind.Norm, 2 => ModuleKind.Linear,
                _ => null };
            string last = module.Key[(module.Key.LastIndexOf('.') + 1)..], prefix = module.Key[..^last.Length];
            bool isNumber = int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int number),
                isHead = Heads.Contains(last);
            if (kind is null || !(isNumber || isHead))
                return null;
            bool ofHead = isHead || Heads.Contains(prefix.TrimEnd('.').Split('.')[^1]);
            modules.Add(new Module(module.Key, prefix, ofHead, isNumber ? number : int.MaxValue, kind.Value));
        }

        bool oneBody = modules.Where(module => !module.OfHead).Select(module => module.Prefix).Distinct().Count() <= 1;
        bool oneHead = modules.Where(module => module.OfHead).Select(module => module.Prefix).Distinct().Count() <= 1;
        return modules.Count > 0 && oneBody && oneHead
            && modules.Any(module => module.Number != int.MaxValue)
                ? [.. modules.OrderBy(module => module.OfHead).ThenBy(module => module.Number)] : null;
    }

    /// <summary>Our names of the modules, in order; null if they do not form one of our networks.</summary>
    private static string[]? NamesOf(Module[] modules)
    {
        ModuleKind[] kinds = [.. modules.Select(module => module.Kind)];
        return NetworkRegistry.All.Select(network => network.NameModules(kinds)).FirstOrDefault(names => names is not null);
    }

    private static string ModuleOf(string name) => name.LastIndexOf('.') is > 0 and int dot ? name[..dot] : "";

    private static string LeafOf(string name) => name[(name.LastIndexOf('.') + 1)..];

    private static string Word(ModuleKind kind)
        => kind switch { ModuleKind.Convolution => "convolution", ModuleKind.Norm => "norm", _ => "linear" };

    private sealed record Module(string Name, string Prefix, bool OfHead, int Number, ModuleKind Kind);
}
