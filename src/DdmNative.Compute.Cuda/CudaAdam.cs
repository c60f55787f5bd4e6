using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Adam.cu.</summary>
internal sealed class CudaAdam(CudaDevice device) : Adam
{
    protected override void StepCore(AdamOptions options, Tensor values, Tensor firstMoment, Tensor secondMoment, Tensor gradient,
        Tensor corrections)
    {
        TensorShape shape = values.Shape;
        ElementwiseGrid grid = ElementwiseGrid.Create(shape.Members, shape.MemberLength, gradient.IsSharedBy(shape.Members));
        device.Launch(grid.Launch("adam_step"),
            new KernelArguments().Result(values).Result(firstMoment).Result(secondMoment).Operand(gradient).Result(corrections)
            .Float(options.Beta1).Float(options.Beta2).Float(options.Epsilon).Long(grid.Length).Int(grid.BlocksPerMember));
    }
}
