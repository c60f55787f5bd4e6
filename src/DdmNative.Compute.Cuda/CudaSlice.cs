namespace DdmNative.Compute.Cuda;

/// <summary>A slice of parameters as a kernel's arguments: an address and the floats between two members.</summary>
internal static class CudaSlice
{
    /// <summary>The device address of the slice's first parameter of the first member.</summary>
    public static ulong Address(this Slice slice) => ((CudaTensor)slice.Vector).Address + sizeof(float) * (ulong)slice.Offset;

    /// <summary>Floats between two members' slices; 0 for a shared vector.</summary>
    public static long MemberStride(this Slice slice) => ((CudaTensor)slice.Vector).MemberStride;
}
