using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DdmNative.Compute.Cuda;

/// <summary>One parameter's place in <see cref="KernelArguments.Bytes"/>.</summary>
internal readonly record struct KernelParameter(int Offset, int Bytes, bool IsPointer);

/// <summary>
/// A kernel's parameters in the order of its declaration, in the layout that the driver expects: each at the next multiple of its own size.
/// </summary>
internal sealed class KernelArguments
{
    private readonly List<KernelParameter> _parameters = [];
    private byte[] _bytes = new byte[128];
    private int _length;

    /// <summary>The parameters' bytes.</summary>
    public Span<byte> Bytes => _bytes.AsSpan(0, _length);

    public IReadOnlyList<KernelParameter> Parameters => _parameters;

    /// <summary>A device address; 0 for an operand that is absent.</summary>
    public KernelArguments Pointer(ulong address) => Add(address, isPointer: true);

    public KernelArguments Int(int value) => Add(value, isPointer: false);

    public KernelArguments Long(long value) => Add(value, isPointer: false);

    public KernelArguments Float(float value) => Add(value, isPointer: false);

    private KernelArguments Add<T>(T value, bool isPointer)
        where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        int offset = (_length + size - 1) / size * size;
        if (offset + size > _bytes.Length)
            Array.Resize(ref _bytes, 2 * _bytes.Length);
        MemoryMarshal.Write(_bytes.AsSpan(offset), value);
        _parameters.Add(new KernelParameter(offset, size, isPointer));
        _length = offset + size;
        return this;
    }
}
