using System.Runtime.InteropServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Native float32 memory aligned to a cache line, with padding after the end, so that a vector load that starts inside may read past it.
/// </summary>
internal sealed unsafe class AlignedMemory : IDisposable
{
    private const int AlignmentBytes = 64;
    private const int OverrunFloats = 64;

    public AlignedMemory(long length)
    {
        Length = length;
        nuint bytes = checked((nuint)(length + OverrunFloats) * sizeof(float));
        try
        {
            Start = (float*)NativeMemory.AlignedAlloc(bytes, bytes < HugePages.Bytes ? AlignmentBytes : HugePages.Bytes);
        }
        catch (OutOfMemoryException failure)
        {
            throw new OutOfDeviceMemoryException("cpu", (long)bytes, failure);
        }
        if (bytes >= HugePages.Bytes)
            HugePages.Request(Start, bytes);
        NativeMemory.Clear(Start, bytes);
        GC.AddMemoryPressure((long)bytes);
    }

    ~AlignedMemory() => Free();

    public float* Start { get; private set; }

    public long Length { get; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Start is null)
            return;
        NativeMemory.AlignedFree(Start);
        Start = null;
        GC.RemoveMemoryPressure((Length + OverrunFloats) * sizeof(float));
    }
}
