using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device normalises its own members: a member's batch is on one device.</summary>
internal sealed class SplitBatchNorm(SplitDevice split) : BatchNorm
{
    protected override void ForwardCore(Tensor x, Tensor? presence, Slice scale, Slice shift, Tensor y, Tensor statistics)
        => split.ForEachDevice(y, (device, i) => device.BatchNorm.Forward(
            x.On(i), presence?.On(i), scale.On(i), shift.On(i), y.On(i), statistics.On(i)));

    protected override void ForwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent,
        Tensor yTangent)
        => split.ForEachDevice(yTangent, (device, i) => device.BatchNorm.ForwardTangent(
            x.On(i), xTangent.On(i), presence?.On(i), statistics.On(i), scale.On(i), scaleTangent.On(i), shiftTangent.On(i),
            yTangent.On(i)));

    protected override void BackwardCore(
        Tensor x, Tensor? presence, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
        => split.ForEachDevice(xCotangent, (device, i) => device.BatchNorm.Backward(
            x.On(i), presence?.On(i), statistics.On(i), cotangent.On(i), scale.On(i), xCotangent.On(i), scaleCotangent.On(i),
            shiftCotangent.On(i)));

    protected override void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
        => split.ForEachDevice(xCotangentTangent, (device, i) => device.BatchNorm.BackwardTangent(
            x.On(i), xTangent.On(i), presence?.On(i), statistics.On(i), cotangent.On(i), cotangentTangent.On(i), scale.On(i),
            scaleTangent.On(i), xCotangentTangent.On(i), scaleCotangentTangent?.On(i), shiftCotangentTangent?.On(i)));

    protected override void UpdateRunningCore(Tensor statistics, float momentum, Slice runningMean, Slice runningVariance)
        => split.ForEachDevice(runningMean.Vector, (device, i) => device.BatchNorm.UpdateRunning(
            statistics.On(i), momentum, runningMean.On(i), runningVariance.On(i)));
}
