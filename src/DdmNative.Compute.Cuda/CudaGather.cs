using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Gather.cu.</summary>
internal sealed class CudaGather(CudaDevice device) : Gather
{
    protected override void SamplesCore(Tensor source, Tensor indices, Tensor y)
    {
        TensorShape shape = y.Shape;
        var grid = new ElementwiseGrid(shape.Members, shape.MemberLength, shape.SampleLength % 4 == 0 ? 4 : 1);
        device.Launch(grid.Launch("gather_samples"), new KernelArguments().Operand(source).Operand(indices).Result(y)
            .Int(shape.Samples).Int(shape.SampleLength).Int(grid.BlocksPerMember));
    }
}
