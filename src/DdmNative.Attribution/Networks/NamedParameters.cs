using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Networks;

/// <summary>Converts a parameter vector to named tensors and back, for safetensors with PyTorch's names.</summary>
public static class NamedParameters
{
    /// <summary>The maximum number of names of a kind in a message.</summary>
    internal const int MostNamed = 12;

    private const string Remedy = "Export the state_dict of the same architecture, width, depth, image shape and classes.";

    /// <summary>The vector's tensors with their names, in the network's order.</summary>
    /// <exception cref="ArgumentException">The vector does not have the network's length.</exception>
    public static IReadOnlyList<NamedTensor> ToNamedTensors(this Network network, ReadOnlySpan<float> parameters)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (parameters.Length != network.ParameterCount)
            throw new ArgumentException($"The vector has {parameters.Length} parameters; the network has {network.ParameterCount}.",
                nameof(parameters));
        var tensors = new List<NamedTensor>();
        foreach (ParameterTensor parameter in network.Parameters)
            tensors.Add(new NamedTensor(parameter.Name, [.. parameter.Shape],
                parameters.Slice(parameter.Offset, parameter.Length).ToArray()));
        return tensors;
    }

    /// <summary>Combines tensors in any order into a parameter vector.</summary>
    /// <param name="network">The network of the parameters.</param>
    /// <param name="file">Their file, for messages.</param>
    /// <param name="tensors">One tensor for each of the network's parameters and no other.</param>
    /// <exception cref="BadInputException">Tensors are missing, repeated, not the network's, or of another shape; the message names all of
    /// them.</exception>
    public static float[] FromNamedTensors(this Network network, string file, IReadOnlyList<NamedTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return network.FromRenamedTensors(file, [.. tensors.Select(tensor => new RenamedTensor(tensor, tensor.Name))]);
    }

    /// <summary>The same for tensors with another name in their file, which messages use.</summary>
    internal static float[] FromRenamedTensors(this Network network, string file, IReadOnlyList<RenamedTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(network);
        ILookup<string, RenamedTensor> byName = tensors.ToLookup(tensor => tensor.Tensor.Name);
        var values = new float[network.ParameterCount];
        var (missing, misshaped, repeated) = (new List<string>(), new List<string>(), new List<string>());
        foreach (ParameterTensor parameter in network.Parameters)
        {
            RenamedTensor[] found = [.. byName[parameter.Name]];
            if (found.Length == 0)
                missing.Add($"{parameter.Name} {Format(parameter.Shape)}");
            else if (found.Length > 1)
                repeated.Add(string.Join(" and ", found.Select(tensor => tensor.Name)));
            else if (!found[0].Tensor.Shape.SequenceEqual(parameter.Shape))
                misshaped.Add($"{found[0].Name} {Format(found[0].Tensor.Shape)}, not {Format(parameter.Shape)}");
            else
                found[0].Tensor.Data.CopyTo(values, parameter.Offset);
        }

        HashSet<string> known = [.. network.Parameters.Select(parameter => parameter.Name)];
        string[] foreign = [.. tensors.Where(tensor => !known.Contains(tensor.Tensor.Name))
            .Select(tensor => $"{tensor.Name} {Format(tensor.Tensor.Shape)}")];
        string[] faults = [.. new[] { Fault("missing", missing), Fault("of another shape", misshaped), Fault("twice", repeated),
            Fault("not the network's", foreign) }.OfType<string>()];
        if (faults.Length > 0)
            throw new BadInputException(file, "tensors", string.Join("; ", faults), Describe(network), Remedy, mostShown: 3000);
        return values;
    }

    private static string? Fault(string what, IReadOnlyCollection<string> names)
        => names.Count == 0 ? null : $"{what}: {ShortList.Of(names, MostNamed)}";

    private static string Describe(Network network)
        => $"the tensors of a {network.Options.Describe()} for {network.Options.Classes} classes of {network.Options.Input} images";

    private static string Format(IEnumerable<int> shape) => $"[{string.Join(", ", shape)}]";
}
