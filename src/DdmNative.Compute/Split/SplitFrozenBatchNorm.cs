using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device normalises its own members.</summary>
internal sealed class SplitFrozenBatchNorm(SplitDevice split) : FrozenBatchNorm
{
    protected override void ForwardCore(Tensor x, Slice mean, Slice variance, Slice scale, Slice shift, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.FrozenBatchNorm.Forward(
            x.On(i), mean.On(i), variance.On(i), scale.On(i), shift.On(i), y.On(i)));

    protected override void ForwardTangentCore(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
        => split.ForEachDevice(yTangent, (device, i) => device.FrozenBatchNorm.ForwardTangent(
            x.On(i), xTangent?.On(i), mean.On(i), variance.On(i), scale.On(i), scaleTangent.On(i), shiftTangent.On(i), yTangent.On(i)));

    protected override void BackwardCore(
        Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
        => split.ForEachDevice(scaleCotangent.Vector, (device, i) => device.FrozenBatchNorm.Backward(
            x.On(i), mean.On(i), variance.On(i), cotangent.On(i), scale.On(i), xCotangent?.On(i), scaleCotangent.On(i),
            shiftCotangent.On(i)));

    protected override void BackwardTangentCore(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor? xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
        => split.ForEachDevice(xCotangentTangent ?? scaleCotangentTangent!.Value.Vector, (device, i) =>
            device.FrozenBatchNorm.BackwardTangent(
                x.On(i), xTangent?.On(i), mean.On(i), variance.On(i), cotangent.On(i), cotangentTangent.On(i), scale.On(i),
                scaleTangent.On(i), xCotangentTangent?.On(i), scaleCotangentTangent?.On(i), shiftCotangentTangent?.On(i)));
}
