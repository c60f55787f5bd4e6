using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Folders;

/// <summary>A model as safetensors, with PyTorch's tensor names and layouts, so that <c>load_state_dict</c> accepts it.</summary>
public static class ParameterFile
{
    /// <summary>Writes a parameter vector of the network.</summary>
    public static void Write(string path, Network network, float[] parameters, IReadOnlyDictionary<string, string>? metadata = null)
        => Safetensors.Write(path, network.ToNamedTensors(parameters), metadata: metadata);

    /// <summary>Reads a parameter vector of the network.</summary>
    /// <exception cref="BadInputException">A tensor is missing, unknown or of another shape.</exception>
    public static float[] Read(string path, Network network)
        => network.FromNamedTensors(path, Safetensors.Read(path).Tensors);
}
