using DdmNative.Compute.Cuda.Memory;

namespace DdmNative.Compute.Cuda;

/// <summary>A tensor in device memory, densely packed, channels last: <c>[E, N, H, W, C]</c>.</summary>
internal sealed class CudaTensor : Tensor
{
    private readonly CudaDevice _device;
    private readonly bool _isTransient;
    private DeviceBlock? _block;
    private bool _disposed;

    public CudaTensor(CudaDevice device, TensorShape shape, bool isTransient)
        : base(shape)
    {
        (_device, _isTransient) = (device, isTransient);
        if (!isTransient)
            Reserve();
    }

    ~CudaTensor() => Dispose(false);

    /// <summary>
    /// The device address of the first float. While a plan is being recorded, a transient tensor's address is a symbol. Kernels' pointer
    /// arguments may be that symbol plus an offset; nothing else may be computed from it.
    /// </summary>
    public ulong Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _block is null && _device.Recording is { } recording ? recording.AddressOf(this) : Reserve();
        }
    }

    /// <summary>Floats between two members; 0 for a shared tensor.</summary>
    public long MemberStride => Shape.Members == 1 ? 0 : Shape.MemberLength;

    public long Bytes => sizeof(float) * Shape.Length;

    public override void Upload(ReadOnlySpan<float> values)
    {
        RequireLength(values.Length);
        _device.Upload(Shape, values, Settled());
    }

    public override void Download(Span<float> values)
    {
        RequireLength(values.Length);
        _device.Download(Shape, Settled(), values);
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_block is not DeviceBlock taken)
            return;
        if (disposing)
            _device.Free(taken);
        else
            _device.Memory.Abandon(taken);
    }

    /// <summary>The tensor's own memory. A transient tensor gets memory only when it is used outside plans.</summary>
    private ulong Reserve()
    {
        if (_block is null)
        {
            _device.MakeCurrent();
            _block = _device.Memory.Allocate(Bytes);
            if (!_isTransient)
                _device.Driver.Fill(_block.Value.Address, 0, Shape.Length, _device.Stream);
        }
        return _block.Value.Address;
    }

    private ulong Settled()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _device.MakeCurrent();
        return Reserve();
    }
}
