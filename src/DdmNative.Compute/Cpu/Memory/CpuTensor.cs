namespace DdmNative.Compute.Cpu;

/// <summary>
/// A tensor in main memory, channels last: <c>[E, N, H, W, C]</c>, so that channels fill a vector's lanes for any size of image.
/// </summary>
internal sealed unsafe class CpuTensor : Tensor
{
    private AlignedMemory? _memory;
    private bool _disposed;

    public CpuTensor(TensorShape shape, bool isTransient)
        : base(shape)
    {
        IsTransient = isTransient;
        if (!isTransient)
            _memory = new AlignedMemory(shape.Length);
    }

    /// <summary>Whether it exists only within one run of one plan, which places it in each thread's workspace.</summary>
    public bool IsTransient { get; }

    /// <summary>
    /// The tensor's own memory. A transient tensor gets memory when it is used outside a plan, or by phases that do not run member by
    /// member.
    /// </summary>
    public float* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Reserve();
            return _memory!.Start;
        }
    }

    /// <summary>Allocates a transient tensor's own memory now: later, two threads might both allocate it.</summary>
    public void Reserve() => _memory ??= new AlignedMemory(Shape.Length);

    /// <summary>Floats between two members; 0 for a shared tensor.</summary>
    public long MemberStride => Shape.Members == 1 ? 0 : Shape.MemberLength;

    public override void Upload(ReadOnlySpan<float> values)
    {
        RequireLength(values.Length);
        (int channels, int pixels) = (Shape.Channels, Shape.Height * Shape.Width);
        if (channels == 1 || pixels == 1)
        {
            values.CopyTo(new Span<float>(Data, values.Length));
            return;
        }
        float* data = Data;
        for (int sample = 0; sample < values.Length / (channels * pixels); sample++)
        {
            ReadOnlySpan<float> source = values.Slice(sample * channels * pixels, channels * pixels);
            float* target = data + (long)sample * channels * pixels;
            for (int c = 0; c < channels; c++)
                for (int p = 0; p < pixels; p++)
                    target[p * channels + c] = source[c * pixels + p];
        }
    }

    public override void Download(Span<float> values)
    {
        RequireLength(values.Length);
        (int channels, int pixels) = (Shape.Channels, Shape.Height * Shape.Width);
        if (channels == 1 || pixels == 1)
        {
            new ReadOnlySpan<float>(Data, values.Length).CopyTo(values);
            return;
        }
        float* data = Data;
        for (int sample = 0; sample < values.Length / (channels * pixels); sample++)
        {
            Span<float> target = values.Slice(sample * channels * pixels, channels * pixels);
            float* source = data + (long)sample * channels * pixels;
            for (int c = 0; c < channels; c++)
                for (int p = 0; p < pixels; p++)
                    target[c * pixels + p] = source[p * channels + c];
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _memory?.Dispose();
        _disposed = true;
    }
}
