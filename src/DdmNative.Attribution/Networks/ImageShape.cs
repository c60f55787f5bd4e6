using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Networks;

/// <summary>The shape of one sample between two layers: C×H×W for images, C×1×1 for vectors.</summary>
public sealed record ImageShape(int Channels, int Height, int Width)
{
    /// <summary>The number of values of one sample: C·H·W.</summary>
    public int Length => checked(Channels * Height * Width);

    /// <summary>
    /// The shape of <paramref name="samples"/> such samples for each of <paramref name="members"/> members, [E, N, C, H, W].
    /// </summary>
    public TensorShape For(int members, int samples) => new(members, samples, Channels, Height, Width);

    /// <summary>The shape after pooling.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No whole window fits.</exception>
    public ImageShape Pooled(PoolingShape shape)
    {
        TensorShape pooled = shape.Pooled(For(1, 1));
        return new ImageShape(pooled.Channels, pooled.Height, pooled.Width);
    }

    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
