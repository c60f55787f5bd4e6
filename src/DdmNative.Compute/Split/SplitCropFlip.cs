using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Split;

/// <summary>Every device moves the images of its own members.</summary>
internal sealed class SplitCropFlip(SplitDevice split) : CropFlip
{
    protected override void ApplyCore(Tensor x, Tensor moves, Tensor y)
        => split.ForEachDevice(y, (device, i) => device.CropFlip.Apply(x.On(i), moves.On(i), y.On(i)));
}
