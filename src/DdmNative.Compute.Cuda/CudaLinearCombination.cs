using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/LinearCombination.cu.</summary>
internal sealed class CudaLinearCombination(CudaDevice device) : LinearCombination
{
    protected override void CombineCore(float alpha, Tensor a, float beta, Tensor b, Tensor y)
    {
        TensorShape shape = y.Shape;
        // With β = 0 b is not read, so that a copy is exact even if b contains NaN.
        bool readsBoth = beta != 0;
        bool anyShared = a.IsSharedBy(shape.Members) || (readsBoth && b.IsSharedBy(shape.Members));
        ElementwiseGrid grid = ElementwiseGrid.Create(shape.Members, shape.MemberLength, anyShared);
        KernelArguments arguments = new KernelArguments().Float(alpha).Operand(a);
        if (readsBoth)
            arguments.Float(beta).Operand(b);
        device.Launch(grid.Launch(readsBoth ? "linear_combination_sum" : "linear_combination_scale"),
            arguments.Result(y).Long(grid.Length).Int(grid.BlocksPerMember));
    }
}
