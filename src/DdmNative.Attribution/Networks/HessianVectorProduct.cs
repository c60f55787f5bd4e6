using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>H·v for every member, H the Hessian of its loss by the parameters; forward over reverse, no stored graph.</summary>
public sealed class HessianVectorProduct : IDisposable
{
    private readonly LossGradient _loss;

    /// <param name="device">Where it runs.</param>
    /// <param name="network">A network that ends in logits.</param>
    /// <param name="members">E.</param>
    /// <param name="samples">N per member.</param>
    public HessianVectorProduct(Device device, Network network, int members, int samples) => _loss = new LossGradient(device, network, members, samples);

    /// <summary>Kernel calls for H·v; operands as in <see cref="LossGradient.Evaluate"/>.</summary>
    /// <param name="parameters">θ.</param>
    /// <param name="images">Images.</param>
    /// <param name="labels">Label vectors.</param>
    /// <param name="weights">Sample weights.</param>
    /// <param name="direction">v, [E or 1, 1, P, 1, 1].</param>
    /// <param name="gradient">Receives the gradient on the way, [E, 1, P, 1, 1]; null where it is not wanted.</param>
    /// <param name="product">Receives H·v, [E, 1, P, 1, 1].</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Evaluate(Tensor parameters, Tensor images, Tensor labels, Tensor weights, Tensor direction, Tensor? gradient, Tensor product)
    {
        _loss.Evaluate(parameters, images, labels, weights, null, gradient, null);
        _loss.EvaluateTangent(direction, product, null, null);
    }

    public void Dispose() => _loss.Dispose();
}
