using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// The loss of every member, Σₙ wₙ(σₙ·logsumexp zₙ − ⟨qₙ, zₙ⟩) (docs/mathematics.md, "Softmax cross-entropy"), its gradient by parameters
/// and images, and the tangent of that gradient.
/// </summary>
/// <remarks>Kernel calls only: record <see cref="Evaluate"/> and, after it, <see cref="EvaluateTangent"/> in one plan.</remarks>
public sealed class LossGradient : IDisposable
{
    private readonly Device _device;
    private readonly Tensor _logitsCotangent;
    private Tensor? _logitsCotangentTangent;
    private (Tensor Parameters, Tensor Images, Tensor Labels, Tensor Weights)? _evaluated;

    /// <param name="device">The device that runs it.</param>
    /// <param name="network">A network that ends in logits.</param>
    /// <param name="members">E.</param>
    /// <param name="samples">N per member.</param>
    /// <param name="keepLogits">Whether <see cref="Logits"/> remain valid after a run of the plan.</param>
    /// <param name="training">The inputs of a pass in the training form; null for the evaluation form.</param>
    public LossGradient(Device device, Network network, int members, int samples, bool keepLogits = false, TrainingInputs? training = null)
    {
        this._device = device;
        Pass = new NetworkPass(device, network, members, samples, keepLogits, training);
        _logitsCotangent = device.AllocateTransient(network.Output.For(members, samples));
    }

    public NetworkPass Pass { get; }

    /// <summary>z, [E, N, K, 1, 1].</summary>
    public Tensor Logits => Pass.Output;

    /// <summary>Records the losses and the requested gradients.</summary>
    /// <param name="parameters">θ, [E or 1, 1, P, 1, 1].</param>
    /// <param name="images">[E or 1, N, C, H, W].</param>
    /// <param name="labels">Label vectors q, [E or 1, N, K, 1, 1]; not necessarily probabilities.</param>
    /// <param name="weights">w, [E or 1, N, 1, 1, 1]: 1/N each for the mean, 0 leaves a sample out.</param>
    /// <param name="loss">Receives each sample's loss, not weighted, [E, N, 1, 1, 1].</param>
    /// <param name="gradient">Receives ∂loss/∂θ, [E, 1, P, 1, 1].</param>
    /// <param name="imagesCotangent">Receives ∂loss/∂images, [E, N, C, H, W].</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    public void Evaluate(Tensor parameters, Tensor images, Tensor labels, Tensor weights, Tensor? loss, Tensor? gradient,
        Tensor? imagesCotangent)
    {
        Pass.Forward(parameters, images);
        if (loss is not null)
            _device.SoftmaxCrossEntropy.Loss(Logits, labels, loss);
        _device.SoftmaxCrossEntropy.Backward(Logits, labels, weights, _logitsCotangent);
        Pass.Backward(parameters, images, _logitsCotangent, gradient, imagesCotangent);
        _evaluated = (parameters, images, labels, weights);
    }

    /// <summary>
    /// The tangent of <see cref="Evaluate"/> if the parameters move along <paramref name="direction"/> and everything else is constant.
    /// With v = ∂ℳ/∂g as the direction these are the derivatives of a matching loss ℳ(g) (docs/mathematics.md, "Gradients of gradients").
    /// </summary>
    /// <param name="direction">v, [E or 1, 1, P, 1, 1].</param>
    /// <param name="gradientTangent">Receives H·v, [E, 1, P, 1, 1].</param>
    /// <param name="imagesCotangentTangent">Receives d/dε ∂loss(θ + εv)/∂images = ∂⟨g, v⟩/∂images, [E, N, C, H, W].</param>
    /// <param name="labelCotangent">Receives ∂⟨g, v⟩/∂q = −w(ż − ⟨p, ż⟩), [E, N, K, 1, 1].</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    /// <exception cref="InvalidOperationException">Evaluate has not been recorded before it.</exception>
    public void EvaluateTangent(Tensor direction, Tensor? gradientTangent, Tensor? imagesCotangentTangent, Tensor? labelCotangent)
    {
        if (_evaluated is not var (parameters, images, labels, weights))
            throw new InvalidOperationException($"{nameof(EvaluateTangent)} must follow {nameof(Evaluate)} in the same plan.");
        Pass.ForwardTangent(parameters, direction, images, null);
        if (labelCotangent is not null)
            _device.SoftmaxCrossEntropy.LabelCotangent(Logits, Pass.OutputTangent, weights, labelCotangent);
        if (gradientTangent is null && imagesCotangentTangent is null)
            return;
        _logitsCotangentTangent ??= _device.AllocateTransient(_logitsCotangent.Shape);
        _device.SoftmaxCrossEntropy.BackwardTangent(Logits, Pass.OutputTangent, labels, weights, _logitsCotangentTangent);
        Pass.BackwardTangent(parameters, direction, images, null, _logitsCotangent, _logitsCotangentTangent, gradientTangent,
            imagesCotangentTangent);
    }

    public void Dispose()
    {
        Pass.Dispose();
        _logitsCotangent.Dispose();
        _logitsCotangentTangent?.Dispose();
    }
}
