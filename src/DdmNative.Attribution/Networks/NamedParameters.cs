using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Networks;

/// <summary>A parameter vector as named tensors and back: how models go to and come from safetensors under PyTorch's names.</summary>
public static class NamedParameters
{
    private const string Remedy = "Export the state_dict of the same architecture, width, depth, image shape and classes.";

    /// <summary>The vector's tensors under their names, in the network's order.</summary>
    /// <exception cref="ArgumentException">The vector is not the network's length.</exception>
    public static IReadOnlyList<NamedTensor> ToNamedTensors(this Network network, ReadOnlySpan<float> parameters)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (parameters.Length != network.ParameterCount)
            throw new ArgumentException($"The vector has {parameters.Length} parameters; the network has {network.ParameterCount}.", nameof(parameters));
        var tensors = new List<NamedTensor>();
        foreach (ParameterTensor parameter in network.Parameters)
            tensors.Add(new NamedTensor(parameter.Name, [.. parameter.Shape], parameters.Slice(parameter.Offset, parameter.Length).ToArray()));
        return tensors;
    }

    /// <summary>The parameter vector that the tensors make, in whatever order they come.</summary>
    /// <param name="network">The network they are for.</param>
    /// <param name="file">Where they come from, for the message.</param>
    /// <param name="tensors">One tensor for each of the network's parameters and no other.</param>
    /// <exception cref="BadInputException">A tensor is missing, twice there, not one of the network's, or of another shape; the message names it.</exception>
    public static float[] FromNamedTensors(this Network network, string file, IReadOnlyList<NamedTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(tensors);
        var values = new float[network.ParameterCount];
        foreach (ParameterTensor parameter in network.Parameters)
        {
            NamedTensor[] found = [.. tensors.Where(t => t.Name == parameter.Name)];
            if (found.Length != 1)
                throw new BadInputException(file, parameter.Name, $"{found.Length} such tensors among {Names(tensors)}", $"one of shape {Format(parameter.Shape)}", Remedy);
            if (!found[0].Shape.SequenceEqual(parameter.Shape))
                throw new BadInputException(file, $"{parameter.Name} (shape)", Format(found[0].Shape), Format(parameter.Shape), Remedy);
            found[0].Data.CopyTo(values, parameter.Offset);
        }
        NamedTensor? unexpected = tensors.FirstOrDefault(t => network.Parameters.All(p => p.Name != t.Name));
        if (unexpected is not null)
            throw new BadInputException(file, unexpected.Name, $"a tensor of shape {Format(unexpected.Shape)}", "only the network's own parameters", Remedy);
        return values;
    }

    private static string Names(IReadOnlyList<NamedTensor> tensors) => $"[{string.Join(", ", tensors.Select(t => t.Name))}]";

    private static string Format(IEnumerable<int> shape) => $"[{string.Join(", ", shape)}]";
}
