using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda;

/// <summary>Launches kernels/Gelu.cu.</summary>
internal sealed class CudaGelu(CudaDevice device) : Gelu
{
    protected override void ForwardCore(Tensor x, Tensor y) => Launch("gelu_forward", y, x);

    protected override void ForwardTangentCore(Tensor x, Tensor xTangent, Tensor yTangent)
        => Launch("gelu_derivative", yTangent, x, xTangent);

    protected override void BackwardCore(Tensor x, Tensor cotangent, Tensor xCotangent)
        => Launch("gelu_derivative", xCotangent, x, cotangent);

    protected override void BackwardTangentCore(Tensor x, Tensor xTangent, Tensor cotangent, Tensor cotangentTangent,
        Tensor xCotangentTangent)
        => Launch("gelu_backward_tangent", xCotangentTangent, x, xTangent, cotangent, cotangentTangent);

    private void Launch(string kernel, Tensor result, params ReadOnlySpan<Tensor> operands)
    {
        (TensorShape shape, bool anyShared) = (result.Shape, false);
        var arguments = new KernelArguments();
        foreach (Tensor operand in operands)
        {
            anyShared |= operand.IsSharedBy(shape.Members);
            arguments.Operand(operand);
        }
        ElementwiseGrid grid = ElementwiseGrid.Create(shape.Members, shape.MemberLength, anyShared);
        device.Launch(grid.Launch(kernel), arguments.Result(result).Long(grid.Length).Int(grid.BlocksPerMember));
    }
}
