namespace DdmNative.Compute.Cuda;

/// <summary>Operands as kernel arguments.</summary>
internal static class OperandArguments
{
    /// <summary>An operand that is read: its address and the floats between its members, 0 if it is shared.</summary>
    public static KernelArguments Operand(this KernelArguments arguments, Tensor tensor)
    {
        var cuda = (CudaTensor)tensor;
        return arguments.Pointer(cuda.Address).Long(cuda.MemberStride);
    }

    /// <summary>A run of parameters: its address and the floats between its members' vectors, 0 if they are shared.</summary>
    public static KernelArguments Operand(this KernelArguments arguments, Slice slice)
        => arguments.Pointer(slice.Address()).Long(slice.MemberStride());

    /// <summary>A result, densely packed for all members.</summary>
    public static KernelArguments Result(this KernelArguments arguments, Tensor tensor) => arguments.Pointer(((CudaTensor)tensor).Address);

    /// <summary>Whether an operand has one member although the call has more.</summary>
    public static bool IsSharedBy(this Tensor tensor, int members) => members > 1 && tensor.Shape.Members == 1;
}
