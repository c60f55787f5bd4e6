using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>The weight decay of every parameter in the form for <see cref="Compute.Contracts.Sgd"/>.</summary>
internal static class DecayVector
{
    /// <summary>Uploads λ for every trained parameter, [1, 1, P], which all members share; null if there is none.</summary>
    public static Tensor? Upload(Device device, Network network, float decay)
    {
        if (decay == 0)
            return null;
        var ofEach = new float[network.ParameterCount];
        foreach (ParameterTensor parameter in network.Parameters.Where(parameter => parameter.IsTrained))
            ofEach.AsSpan(parameter.Offset, parameter.Length).Fill(decay);
        return device.Upload(TensorShape.Vector(1, ofEach.Length), ofEach);
    }
}
