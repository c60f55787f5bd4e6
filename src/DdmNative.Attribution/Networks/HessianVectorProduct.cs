using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// H·v for every member, where H is the Hessian of its loss by the parameters; forward over reverse, without a stored graph.
/// </summary>
public sealed class HessianVectorProduct : IDisposable
{
    private readonly LossGradient _loss;

    /// <param name="device">The device that runs it.</param>
    /// <param name="network">A network that ends in logits.</param>
    /// <param name="members">E.</param>
    /// <param name="samples">N per member.</param>
    public HessianVectorProduct(Device device, Network network, int members, int samples)
        => _loss = new LossGradient(device, network, members, samples);

    /// <summary>Records the kernel calls for H·v; operands as in <see cref="LossGradient.Evaluate"/>.</summary>
    /// <param name="parameters">θ.</param>
    /// <param name="images">Images.</param>
    /// <param name="labels">Label vectors.</param>
    /// <param name="weights">Sample weights.</param>
    /// <param name="direction">v, [E or 1, 1, P, 1, 1].</param>
    /// <param name="gradient">Receives the gradient, which is also computed, [E, 1, P, 1, 1]; null if it is not needed.</param>
    /// <param name="product">Receives H·v, [E, 1, P, 1, 1].</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Evaluate(Tensor parameters, Tensor images, Tensor labels, Tensor weights, Tensor direction, Tensor? gradient,
        Tensor product)
    {
        _loss.Evaluate(parameters, images, labels, weights, null, gradient, null);
        _loss.EvaluateTangent(direction, product, null, null);
    }

    public void Dispose() => _loss.Dispose();
}
