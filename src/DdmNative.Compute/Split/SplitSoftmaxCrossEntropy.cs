using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device evaluates its own members.</summary>
internal sealed class SplitSoftmaxCrossEntropy(SplitDevice split) : SoftmaxCrossEntropy
{
    protected override void ProbabilitiesCore(Tensor logits, Tensor probabilities)
        => split.ForEachDevice(probabilities, (device, i) => device.SoftmaxCrossEntropy.Probabilities(logits.On(i), probabilities.On(i)));

    protected override void LossCore(Tensor logits, Tensor labels, Tensor loss)
        => split.ForEachDevice(loss, (device, i) => device.SoftmaxCrossEntropy.Loss(logits.On(i), labels.On(i), loss.On(i)));

    protected override void BackwardCore(Tensor logits, Tensor labels, Tensor weights, Tensor cotangent)
        => split.ForEachDevice(cotangent,
            (device, i) => device.SoftmaxCrossEntropy.Backward(logits.On(i), labels.On(i), weights.On(i), cotangent.On(i)));

    protected override void BackwardTangentCore(Tensor logits, Tensor logitsTangent, Tensor labels, Tensor weights, Tensor cotangentTangent)
        => split.ForEachDevice(cotangentTangent, (device, i) => device.SoftmaxCrossEntropy.BackwardTangent(
            logits.On(i), logitsTangent.On(i), labels.On(i), weights.On(i), cotangentTangent.On(i)));

    protected override void LabelCotangentCore(Tensor logits, Tensor logitsTangent, Tensor weights, Tensor labelCotangent)
        => split.ForEachDevice(labelCotangent, (device, i) => device.SoftmaxCrossEntropy.LabelCotangent(
            logits.On(i), logitsTangent.On(i), weights.On(i), labelCotangent.On(i)));
}
