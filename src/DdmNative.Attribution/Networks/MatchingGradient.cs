using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// The matching loss ℳ(g) of every member's synset gradient g = ∇L(S; θ) against its target g*, and ∂ℳ/∂images and ∂ℳ/∂labels: with v =
/// ∂ℳ/∂g, the tangent of the input gradient as θ moves along v (docs/mathematics.md, "Gradients of gradients"). No second pass over
/// parameters, no stored graph.
/// </summary>
public sealed class MatchingGradient : IDisposable
{
    private readonly Device _device;
    private readonly LossGradient _loss;
    private readonly GradientDistanceKind _kind;
    private readonly Tensor _gradient;
    private readonly Tensor _gradientCotangent;

    /// <param name="device">The device that runs it.</param>
    /// <param name="network">A network that ends in logits.</param>
    /// <param name="kind">The distance.</param>
    /// <param name="members">E: groups.</param>
    /// <param name="samples">m: synthetic images per group.</param>
    public MatchingGradient(Device device, Network network, GradientDistanceKind kind, int members, int samples)
    {
        (this._device, this._kind) = (device, kind);
        _loss = new LossGradient(device, network, members, samples);
        _gradient = device.AllocateTransient(TensorShape.Vector(members, network.ParameterCount));
        _gradientCotangent = device.AllocateTransient(_gradient.Shape);
    }

    /// <summary>
    /// Records the kernel calls for the matching loss and its gradients; images, labels and weights as in <see
    /// cref="LossGradient.Evaluate"/>.
    /// </summary>
    /// <param name="parameters">θ, [E or 1, 1, P, 1, 1].</param>
    /// <param name="images">The synset, [E, m, C, H, W].</param>
    /// <param name="labels">Label vectors, [E, m, K, 1, 1].</param>
    /// <param name="weights">[E or 1, m, 1, 1, 1].</param>
    /// <param name="target">g*, [E or 1, 1, P, 1, 1]: the real gradient (forward) or its negative (reverse).</param>
    /// <param name="distance">Receives ℳ, [E, 1, 1, 1, 1].</param>
    /// <param name="imagesGradient">Receives ∂ℳ/∂images, [E, m, C, H, W].</param>
    /// <param name="labelsGradient">Receives ∂ℳ/∂labels, [E, m, K, 1, 1] (σ = Σq changes with them); null if labels are not
    /// learned.</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Evaluate(
        Tensor parameters, Tensor images, Tensor labels, Tensor weights, Tensor target, Tensor distance, Tensor imagesGradient,
        Tensor? labelsGradient)
    {
        _loss.Evaluate(parameters, images, labels, weights, null, _gradient, null);
        _device.GradientDistance.Evaluate(_kind, _loss.Pass.Network.Blocks, _gradient, target, distance, _gradientCotangent);
        _loss.EvaluateTangent(_gradientCotangent, null, imagesGradient, labelsGradient);
    }

    public void Dispose()
    {
        _loss.Dispose();
        _gradient.Dispose();
        _gradientCotangent.Dispose();
    }
}
