namespace DdmNative.Compute.Cuda.Products;

/// <summary>
/// How a gradient of parameters is contracted: the steps of each member are distributed over <see cref="Splits"/> blocks, whose partial
/// sums are added afterwards, and only as many members run at a time as their partial sums fit the scratch memory. How a member is split
/// does not depend on the other members, so neither do its bits.
/// </summary>
internal sealed class SplitWaves(int steps, long floats, int members)
{
    /// <summary>Steps that are worth a block of their own, and the most blocks that share a contraction.</summary>
    private const int StepsPerSplit = 64, MostSplits = 32;

    /// <summary>Scratch memory for shares: a quarter of a GiB.</summary>
    private const long MostFloats = 1L << 26;

    public int Splits => Math.Clamp(steps / StepsPerSplit, 1, MostSplits);

    /// <summary>Floats of one member's shares.</summary>
    public long MemberFloats => Splits * floats;

    public int MembersAtATime => (int)Math.Clamp(MostFloats / MemberFloats, 1, members);

    public IEnumerable<(int First, int Members)> Waves
    {
        get
        {
            for (int first = 0; first < members; first += MembersAtATime)
                yield return (first, Math.Min(MembersAtATime, members - first));
        }
    }
}
