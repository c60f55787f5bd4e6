using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// The pass of a norm with a scale (parameter 0) and a shift (parameter 1). A norm is never a network's first layer, so its input always
/// has a cotangent and a tangent.
/// </summary>
internal abstract class NormPass(Layer layer, Device device, int parameterOffset, int members)
    : SingleInputPass(layer, device, parameterOffset)
{
    private readonly int _channels = layer.Output.Channels;
    private Tensor? _unwanted;

    public override void Dispose()
    {
        _unwanted?.Dispose();
        base.Dispose();
    }

    /// <summary>
    /// Where the cotangents of scale and shift go. The kernels always sum them; if they are not requested, they go to a buffer.
    /// </summary>
    protected (Slice Scale, Slice Shift) Cotangents(Tensor? gradient)
    {
        if (gradient is not null)
            return (Parameter(gradient, 0), Parameter(gradient, 1));
        _unwanted ??= Device.AllocateTransient(TensorShape.Vector(members, 2 * _channels));
        return (new Slice(_unwanted, 0, _channels), new Slice(_unwanted, _channels, _channels));
    }

    /// <summary>Where the tangents of these cotangents go; null if they are not requested.</summary>
    protected (Slice? Scale, Slice? Shift) CotangentTangents(Tensor? gradientTangent)
        => gradientTangent is null ? (null, null) : (Parameter(gradientTangent, 0), Parameter(gradientTangent, 1));
}
