using DdmNative.Compute.Cuda.Memory;

namespace DdmNative.Compute.Cuda;

/// <summary>A tensor in device memory, densely packed, channels last: <c>[E, N, H, W, C]</c>.</summary>
internal sealed class CudaTensor : Tensor
{
    private readonly CudaDevice device;
    private readonly bool isTransient;
    private DeviceBlock? block;
    private bool disposed;

    public CudaTensor(CudaDevice device, TensorShape shape, bool isTransient)
        : base(shape)
    {
        (this.device, this.isTransient) = (device, isTransient);
        if (!isTransient)
            Reserve();
    }

    ~CudaTensor() => Dispose(false);

    /// <summary>
    /// The device address of the first float. While a plan is being recorded, a transient tensor's is a symbol that kernels' pointer arguments may be made of,
    /// by adding offsets, and nothing else.
    /// </summary>
    public ulong Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return block is null && device.Recording is { } recording ? recording.AddressOf(this) : Reserve();
        }
    }

    /// <summary>Floats between two members; 0 for a shared tensor.</summary>
    public long MemberStride => Shape.Members == 1 ? 0 : Shape.MemberLength;

    public long Bytes => sizeof(float) * Shape.Length;

    public override void Upload(ReadOnlySpan<float> values)
    {
        RequireLength(values.Length);
        device.Upload(Shape, values, Settled());
    }

    public override void Download(Span<float> values)
    {
        RequireLength(values.Length);
        device.Download(Shape, Settled(), values);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposed)
            return;
        disposed = true;
        if (block is not DeviceBlock taken)
            return;
        if (disposing)
            device.Free(taken);
        else
            device.Memory.Abandon(taken);
    }

    /// <summary>Memory of the tensor's own. A transient tensor gets some only when it is used outside plans.</summary>
    private ulong Reserve()
    {
        if (block is null)
        {
            device.MakeCurrent();
            block = device.Memory.Allocate(Bytes);
            if (!isTransient)
                device.Driver.Fill(block.Value.Address, 0, Shape.Length, device.Stream);
        }
        return block.Value.Address;
    }

    private ulong Settled()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        device.MakeCurrent();
        return Reserve();
    }
}
