using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device normalises its own members.</summary>
internal sealed class SplitGroupNorm(SplitDevice split) : GroupNorm
{
    protected override void ForwardCore(int groups, Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
        => split.ForEachDevice(y, (device, i) => device.GroupNorm.Forward(
            groups, x.On(i), scale.On(i), shift.On(i), y.On(i), statistics.On(i)));

    protected override void ForwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
        => split.ForEachDevice(yTangent, (device, i) => device.GroupNorm.ForwardTangent(
            groups, x.On(i), xTangent.On(i), statistics.On(i), scale.On(i), scaleTangent.On(i), shiftTangent.On(i), yTangent.On(i)));

    protected override void BackwardCore(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
        => split.ForEachDevice(xCotangent, (device, i) => device.GroupNorm.Backward(
            groups, x.On(i), statistics.On(i), cotangent.On(i), scale.On(i), xCotangent.On(i), scaleCotangent.On(i),
            shiftCotangent.On(i)));

    protected override void BackwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
        => split.ForEachDevice(xCotangentTangent, (device, i) => device.GroupNorm.BackwardTangent(
            groups, x.On(i), xTangent.On(i), statistics.On(i), cotangent.On(i), cotangentTangent.On(i), scale.On(i), scaleTangent.On(i),
            xCotangentTangent.On(i), scaleCotangentTangent?.On(i), shiftCotangentTangent?.On(i)));
}
