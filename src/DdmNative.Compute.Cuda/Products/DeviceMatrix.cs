namespace DdmNative.Compute.Cuda.Products;

/// <summary>
/// Floats in device memory as a product kernel's operand: the first member's address and the floats between two members (0: shared).
/// </summary>
internal readonly record struct DeviceMatrix(ulong Address, long MemberStride)
{
    public static DeviceMatrix From(Tensor tensor) => new(((CudaTensor)tensor).Address, ((CudaTensor)tensor).MemberStride);

    public static DeviceMatrix From(Slice slice) => new(slice.Address(), slice.MemberStride());

    /// <summary>The same without its first <paramref name="members"/> members.</summary>
    public DeviceMatrix From(int members) => this with { Address = Address + sizeof(float) * (ulong)(MemberStride * members) };
}
