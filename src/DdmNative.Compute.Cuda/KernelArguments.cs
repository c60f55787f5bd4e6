using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// A kernel's parameters in the order of its declaration, laid out as the driver wants them: each at the next multiple of its own size.
/// </summary>
internal sealed class KernelArguments
{
    private readonly List<(int Offset, bool IsPointer)> parameters = [];
    private byte[] bytes = new byte[128];
    private int length;

    /// <summary>The parameters' bytes.</summary>
    public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, length);

    /// <summary>Where each parameter starts in <see cref="Bytes"/>, and whether it is a device address.</summary>
    public IReadOnlyList<(int Offset, bool IsPointer)> Parameters => parameters;

    /// <summary>A device address; 0 for an operand that is absent.</summary>
    public KernelArguments Pointer(ulong address) => Add(address, isPointer: true);

    public KernelArguments Int(int value) => Add(value, isPointer: false);

    public KernelArguments Long(long value) => Add(value, isPointer: false);

    public KernelArguments Float(float value) => Add(value, isPointer: false);

    private KernelArguments Add<T>(T value, bool isPointer)
        where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        int offset = (length + size - 1) / size * size;
        if (offset + size > bytes.Length)
            Array.Resize(ref bytes, 2 * bytes.Length);
        MemoryMarshal.Write(bytes.AsSpan(offset), value);
        parameters.Add((offset, isPointer));
        length = offset + size;
        return this;
    }
}
