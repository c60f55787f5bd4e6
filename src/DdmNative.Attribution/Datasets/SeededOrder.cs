namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Random orders and choices that are the same on every platform and in every version: SplitMix64 (Steele, Lea, Flood, "Fast splittable
/// pseudorandom number generators", OOPSLA 2014). Draw i is a fixed mixing function of seed + i·γ, with integer arithmetic only. It is used
/// for subsets, batch orders and the generated data; the kernels' random numbers are Philox.
/// </summary>
public sealed class SeededOrder
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <param name="seed">The job's seed.</param>
    /// <param name="stream">Separates independent uses of one seed, e.g. the epoch or the class.</param>
    public SeededOrder(ulong seed, ulong stream = 0) => _state = seed + Mix(stream);

    /// <summary>0 … <paramref name="count"/> − 1 in random order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public static int[] Permutation(int count, ulong seed, ulong stream = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        new SeededOrder(seed, stream).Shuffle(order);
        return order;
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits() => Mix(_state += Gamma);

    /// <summary>A double in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextUnit() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>An integer in [0, <paramref name="bound"/>), without bias (Lemire, ACM TOMACS 2019).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not positive.</exception>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        ulong range = (ulong)bound;
        ulong reject = (0 - range) % range; // 2^64 mod bound: the draws below it would favour some results
        ulong high, low;
        do
            high = Math.BigMul(NextBits(), range, out low);
        while (low < reject);
        return (int)high;
    }

    /// <summary>Puts <paramref name="items"/> in random order (Fisher–Yates, from the end).</summary>
    public void Shuffle(Span<int> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int chosen = Below(last + 1);
            (items[last], items[chosen]) = (items[chosen], items[last]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
