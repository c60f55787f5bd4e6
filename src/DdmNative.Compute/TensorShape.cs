namespace DdmNative.Compute;

/// <summary>
/// The logical shape of every tensor: <c>[E, N, C, H, W]</c>, the ensemble axis first.
/// </summary>
/// <remarks>
/// One shape serves every role. An activation is <c>[E, N, C, H, W]</c>; logits and label vectors are <c>[E, N, K, 1, 1]</c>;
/// one number per sample is <c>[E, N, 1, 1, 1]</c>; a network's parameters are one vector per member, <c>[E, 1, P, 1, 1]</c>.
/// A tensor with <c>E = 1</c> used beside tensors with more members is <em>shared</em>: every member reads the same values.
/// </remarks>
public readonly record struct TensorShape
{
    /// <exception cref="ArgumentOutOfRangeException">An extent is below one, or a sample has 2³¹ floats or more.</exception>
    public TensorShape(int members, int samples, int channels, int height = 1, int width = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if ((Int128)channels * height * width > int.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(channels), $"A sample of {channels} × {height} × {width} floats has more than " +
                $"{int.MaxValue}.");
        (Members, Samples, Channels, Height, Width) = (members, samples, channels, height, width);
    }

    /// <summary>E: models run together; 1 for what all of them share.</summary>
    public int Members { get; }

    /// <summary>N: images (or other samples) per member.</summary>
    public int Samples { get; }

    /// <summary>C: channels, features, classes or, for a parameter vector, parameters.</summary>
    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Floats in one sample: C·H·W.</summary>
    public int SampleLength => Channels * Height * Width;

    /// <summary>Floats in one member: N·C·H·W.</summary>
    public long MemberLength => (long)Samples * SampleLength;

    /// <summary>All floats: E·N·C·H·W.</summary>
    public long Length => Members * MemberLength;

    /// <summary>The shape of one parameter vector per member, <c>[E, 1, P, 1, 1]</c>.</summary>
    public static TensorShape Vector(int members, int length) => new(members, 1, length);

    /// <summary>The same shape with another number of members.</summary>
    public TensorShape WithMembers(int members) => new(members, Samples, Channels, Height, Width);

    /// <summary>The same shape with another number of samples.</summary>
    public TensorShape WithSamples(int samples) => new(Members, samples, Channels, Height, Width);

    /// <summary>The same samples unrolled to vectors, <c>[E, N, C·H·W, 1, 1]</c>.</summary>
    public TensorShape Flattened() => new(Members, Samples, SampleLength);

    public override string ToString() => $"[{Members}, {Samples}, {Channels}, {Height}, {Width}]";
}
