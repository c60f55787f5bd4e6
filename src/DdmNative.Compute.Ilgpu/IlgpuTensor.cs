using ILGPU;

namespace DdmNative.Compute.Ilgpu;

/// <summary>A tensor in an accelerator's memory, densely packed in the boundary's own order, <c>[E, N, C, H, W]</c>.</summary>
internal sealed class IlgpuTensor : Tensor
{
    private readonly IlgpuDevice device;
    private readonly bool isTransient;
    private DeviceBlock? block;
    private bool disposed;

    public IlgpuTensor(IlgpuDevice device, TensorShape shape, bool isTransient)
        : base(shape)
    {
        if (shape.MemberLength > int.MaxValue)
            throw new ArgumentException($"A tensor of shape {shape} has {shape.MemberLength} floats to a member; ILGPU's kernels count them by 32 bits. Lower the batch.", nameof(shape));
        (this.device, this.isTransient) = (device, isTransient);
        if (!isTransient)
            Reserve();
    }

    ~IlgpuTensor() => Dispose(false);

    public bool IsTransient => isTransient;

    /// <summary>Floats between two members; 0 for a shared tensor.</summary>
    public long MemberStride => Shape.Members == 1 ? 0 : Shape.MemberLength;

    public override void Upload(ReadOnlySpan<float> values)
    {
        RequireLength(values.Length);
        device.Upload(Reserve(), values);
    }

    public override void Download(Span<float> values)
    {
        RequireLength(values.Length);
        device.Download(Reserve(), values);
    }

    /// <summary>Memory of the tensor's own. A transient tensor gets some only when it is used outside plans.</summary>
    public ArrayView<float> Reserve()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (block is null)
        {
            block = device.Memory.Allocate(Shape.Length);
            if (!isTransient)
                device.FillWithZeros(block.View(Shape.Length));
        }
        return block.View(Shape.Length);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposed)
            return;
        disposed = true;
        if (block is null)
            return;
        if (disposing)
            device.Memory.Free(block);
        else
            device.Memory.Abandon(block);
    }
}
