namespace DdmNative.Compute.Cuda;

/// <summary>A run of parameters as a kernel sees it: an address and the floats between two members.</summary>
internal static class CudaSlice
{
    /// <summary>The device address of the slice's first parameter of the first member.</summary>
    public static ulong Address(this Slice slice) => ((CudaTensor)slice.Vector).Address + sizeof(float) * (ulong)slice.Offset;

    /// <summary>Floats between two members' slices; 0 for a shared vector.</summary>
    public static long MemberStride(this Slice slice) => ((CudaTensor)slice.Vector).MemberStride;
}
