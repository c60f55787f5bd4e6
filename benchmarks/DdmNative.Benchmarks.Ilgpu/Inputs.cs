using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Benchmarks.Ilgpu;

/// <summary>An operation's operands on one device: the n-th request returns the same values on every device.</summary>
internal sealed class Inputs(Device device)
{
    private const ulong Seed = 20;
    private uint next;

    /// <summary>Uniform numbers in [−1, 1).</summary>
    public Tensor Tensor(TensorShape shape) => device.Upload(shape, Values(shape.Length, -1, 1));

    /// <summary>Uniform numbers in [0, 1): weights, second moments.</summary>
    public Tensor Positive(TensorShape shape) => device.Upload(shape, Values(shape.Length, 0, 1));

    /// <summary>Integers below <paramref name="end"/>.</summary>
    public Tensor Indices(TensorShape shape, int end) => device.Upload(shape, [.. Values(shape.Length, 0, end).Select(MathF.Floor)]);

    /// <summary>Parameters that start at an odd index of their vector, as most do.</summary>
    public Slice Slice(int members, int length) => new(Tensor(TensorShape.Vector(members, length + 8)), 5, length);

    private float[] Values(long length, float low, float high)
    {
        uint stream = next++;
        return [.. Enumerable.Range(0, checked((int)length)).Select(i => low + (high - low) * Philox.Uniform(Seed, stream, (ulong)i))];
    }
}
