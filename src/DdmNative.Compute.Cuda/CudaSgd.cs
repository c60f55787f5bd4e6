using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Sgd.cu.</summary>
internal sealed class CudaSgd(CudaDevice device) : Sgd
{
    protected override void StepCore(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum,
        Tensor? decay, bool nesterov)
    {
        TensorShape shape = parameters.Shape;
        bool anyShared = gradient.IsSharedBy(shape.Members) || learningRate.Shape.Members > 1
            || (decay is not null && decay.IsSharedBy(shape.Members));
        ElementwiseGrid grid = ElementwiseGrid.Create(shape.Members, shape.MemberLength, anyShared);
        KernelArguments arguments = new KernelArguments().Result(parameters).Result(velocity).Operand(gradient).Operand(learningRate);
        if (decay is null)
            arguments.Pointer(0).Long(0);
        else
            arguments.Operand(decay);
        device.Launch(grid.Launch("sgd_step"),
            arguments.Float(momentum).Int(nesterov ? 1 : 0).Long(grid.Length).Int(grid.BlocksPerMember));
    }
}
