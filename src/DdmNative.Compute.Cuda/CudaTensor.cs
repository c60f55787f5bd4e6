namespace DdmNative.Compute.Cuda;

/// <summary>A tensor in device memory, densely packed, channels last: <c>[E, N, H, W, C]</c>.</summary>
internal sealed class CudaTensor : Tensor
{
    public CudaTensor(TensorShape shape)
        : base(shape)
    {
    }

    /// <summary>The device address of the first float.</summary>
    public ulong Address => throw new NotSupportedException();

    /// <summary>Floats between two members; 0 for a shared tensor.</summary>
    public long MemberStride => Shape.Members == 1 ? 0 : Shape.MemberLength;

    public override void Upload(ReadOnlySpan<float> values) => RequireLength(values.Length);

    public override void Download(Span<float> values) => RequireLength(values.Length);

    protected override void Dispose(bool disposing)
    {
    }
}
