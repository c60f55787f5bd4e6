using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Sgd.cu.</summary>
internal sealed class CudaSgd(CudaDevice device) : Sgd
{
    protected override void StepCore(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum)
    {
        TensorShape shape = parameters.Shape;
        bool anyShared = gradient.IsSharedBy(shape.Members) || learningRate.Shape.Members > 1;
        ElementwiseGrid grid = ElementwiseGrid.Create(shape.Members, shape.MemberLength, anyShared);
        device.Launch(grid.Launch("sgd_step"),
            new KernelArguments().Result(parameters).Result(velocity).Operand(gradient).Operand(learningRate)
            .Float(momentum).Long(grid.Length).Int(grid.BlocksPerMember));
    }
}
