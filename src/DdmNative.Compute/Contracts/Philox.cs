namespace DdmNative.Compute.Contracts;

/// <summary>
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): random numbers as a function of (seed, stream,
/// position), the same on every backend, for any partition of the work.
/// </summary>
public abstract class Philox
{
    /// <summary>
    /// Fills parameters of every member with uniform numbers in [low, high): element i of member e takes position i of stream (stream + e),
    /// so that each member of an ensemble has its own numbers, or, with a shared vector, all have the same.
    /// </summary>
    /// <exception cref="ArgumentException">high is not above low.</exception>
    public void FillUniform(Slice values, float low, float high, ulong seed, uint stream)
    {
        if (!(high > low))
            throw new ArgumentException($"The range [{low}, {high}) is empty.", nameof(high));
        FillUniformCore(values, low, high, seed, stream);
    }

    protected abstract void FillUniformCore(Slice values, float low, float high, ulong seed, uint stream);

    /// <summary>Position i of a stream as a number in [0, 1): 24 bits of word i mod 4 of block i / 4.</summary>
    public static float Uniform(ulong seed, uint stream, ulong position) => ToUnit(Bits(seed, stream, position));

    /// <summary>Position i of a stream as 32 random bits.</summary>
    public static uint Bits(ulong seed, uint stream, ulong position)
    {
        (uint a, uint b, uint c, uint d) = Block(seed, stream, position >> 2);
        return (position & 3) switch { 0 => a, 1 => b, 2 => c, _ => d };
    }

    /// <summary>The top 24 bits as a float in [0, 1), exactly representable.</summary>
    public static float ToUnit(uint bits) => (bits >> 8) * (1.0f / (1 << 24));

    /// <summary>Four random words: the ten rounds on counter (block, stream, 0) under key seed.</summary>
    public static (uint A, uint B, uint C, uint D) Block(ulong seed, uint stream, ulong block)
    {
        (uint a, uint b, uint c, uint d) = ((uint)block, (uint)(block >> 32), stream, 0);
        (uint k0, uint k1) = ((uint)seed, (uint)(seed >> 32));
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = Math.BigMul(0xD2511F53u, a);
            ulong p1 = Math.BigMul(0xCD9E8D57u, c);
            (a, b, c, d) = ((uint)(p1 >> 32) ^ b ^ k0, (uint)p1, (uint)(p0 >> 32) ^ d ^ k1, (uint)p0);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        return (a, b, c, d);
    }
}
