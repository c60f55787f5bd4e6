using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>A tensor in an accelerator's memory, densely packed in the interface's order, <c>[E, N, C, H, W]</c>.</summary>
internal sealed class IlgpuTensor : Tensor
{
    private readonly IlgpuDevice _device;
    private readonly bool _isTransient;
    private DeviceBlock? _block;
    private bool _disposed;

    public IlgpuTensor(IlgpuDevice device, TensorShape shape, bool isTransient)
        : base(shape)
    {
        if (shape.MemberLength > int.MaxValue)
            throw new ArgumentException(
                $"A tensor of shape {shape} has {shape.MemberLength} floats a member; ILGPU's kernels support at most {int.MaxValue}. "
                + "Use a smaller batch.", nameof(shape));
        (_device, _isTransient) = (device, isTransient);
        if (!isTransient)
            Reserve();
    }

    ~IlgpuTensor() => Dispose(false);

    public bool IsTransient => _isTransient;

    /// <summary>Floats between two members; 0 for a shared tensor.</summary>
    public long MemberStride => Shape.Members == 1 ? 0 : Shape.MemberLength;

    public override void Upload(ReadOnlySpan<float> values)
    {
        RequireLength(values.Length);
        _device.Upload(Reserve(), values);
    }

    public override void Download(Span<float> values)
    {
        RequireLength(values.Length);
        _device.Download(Reserve(), values);
    }

    /// <summary>The tensor's own memory. A transient tensor gets memory only when it is used outside plans.</summary>
    public ArrayView<float> Reserve()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_block is null)
        {
            _block = _device.Memory.Allocate(Shape.Length);
            if (!_isTransient)
                _device.FillWithZeros(_block.View(Shape.Length));
        }
        return _block.View(Shape.Length);
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_block is null)
            return;
        if (disposing)
            _device.Memory.Free(_block);
        else
            _device.Memory.Abandon(_block);
    }
}
