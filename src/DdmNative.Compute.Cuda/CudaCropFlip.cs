using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/CropFlip.cu.</summary>
internal sealed class CudaCropFlip(CudaDevice device) : CropFlip
{
    protected override void ApplyCore(Tensor x, Tensor moves, Tensor y)
    {
        TensorShape image = y.Shape;
        var grid = new ElementwiseGrid(image.Members, image.MemberLength, image.Channels % 4 == 0 ? 4 : 1);
        device.Launch(grid.Launch("crop_flip"), new KernelArguments().Operand(x).Operand(moves).Result(y)
            .Int(image.Samples).Int(image.Height).Int(image.Width).Int(image.Channels).Int(grid.BlocksPerMember));
    }
}
