namespace DdmNative.Compute;

/// <summary>
/// A block of float32 on one device, logically <c>[E, N, C, H, W]</c>. Its layout in memory is the device's own
/// (channels last on the CPU); <see cref="Upload"/> and <see cref="Download"/> use row-major NCHW.
/// </summary>
public abstract class Tensor : IDisposable
{
    protected Tensor(TensorShape shape) => Shape = shape;

    public TensorShape Shape { get; }

    /// <summary>Replaces the whole contents from row-major <c>[E, N, C, H, W]</c>.</summary>
    /// <exception cref="ArgumentException">The span's length is not <see cref="TensorShape.Length"/>.</exception>
    public abstract void Upload(ReadOnlySpan<float> values);

    /// <summary>Copies the whole contents out as row-major <c>[E, N, C, H, W]</c>, after all work that was started before.</summary>
    /// <exception cref="ArgumentException">The span's length is not <see cref="TensorShape.Length"/>.</exception>
    public abstract void Download(Span<float> values);

    /// <summary>The whole contents as a new row-major array.</summary>
    /// <exception cref="InvalidOperationException">There are more values than an array can hold.</exception>
    public float[] ToArray()
    {
        if (Shape.Length > Array.MaxLength)
            throw new InvalidOperationException($"A tensor of shape {Shape} holds {Shape.Length} values, and an array {Array.MaxLength} " +
                "at most.");
        var values = new float[Shape.Length];
        Download(values);
        return values;
    }

    /// <summary>The whole parameter vector as one slice.</summary>
    public Slice AsSlice() => new(this, 0, Shape.SampleLength);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);

    protected void RequireLength(int length)
    {
        if (length != Shape.Length)
            throw new ArgumentException($"A tensor of shape {Shape} holds {Shape.Length} values; {length} were given.");
    }
}
