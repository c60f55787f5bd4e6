using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Matching;

/// <summary>
/// One matching step's pair of checkpoints, as indices in a list: the first for the real gradients, the second for the synset's.
/// </summary>
public readonly record struct MatchingPoint(int Real, int Synset);

/// <summary>The checkpoints that the steps of a matching use.</summary>
public static class MatchingSchedule
{
    /// <summary>Every step at one checkpoint.</summary>
    public static MatchingPoint[] At(int checkpoint, int steps) => Walk([checkpoint], steps);

    /// <summary>
    /// Uses each checkpoint for an equal share of the steps, in the given order. From θ_T back to θ_{T/2} for `replay`: it uses recorded
    /// checkpoints, because going backwards by gradient ascent diverges.
    /// </summary>
    /// <exception cref="ArgumentException">There are no checkpoints.</exception>
    public static MatchingPoint[] Walk(IReadOnlyList<int> checkpoints, int steps)
    {
        RequireSome(checkpoints);
        var points = new MatchingPoint[steps];
        for (int i = 0; i < steps; i++)
        {
            int checkpoint = checkpoints[(int)((long)i * checkpoints.Count / steps)];
            points[i] = new MatchingPoint(checkpoint, checkpoint);
        }
        return points;
    }

    /// <summary>
    /// Ye et al., Algorithm 1: t is uniform over the checkpoints, s is uniform in 0..<paramref name="longestAhead"/>, limited by the
    /// trajectory's end; the real gradient is at θ_t, the synset's at θ_{t+s}. This flattens the synset's self-curvature, so that descent
    /// on it continues to forget.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no checkpoints, or s would be negative.</exception>
    public static MatchingPoint[] RandomPairs(int checkpoints, int longestAhead, int steps, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(checkpoints, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(longestAhead);
        var points = new MatchingPoint[steps];
        for (int i = 0; i < steps; i++)
        {
            int t = Below(checkpoints, seed, (ulong)i * 2);
            int s = Below(Math.Min(longestAhead, checkpoints - 1 - t) + 1, seed, (ulong)i * 2 + 1);
            points[i] = new MatchingPoint(t, t + s);
        }
        return points;
    }

    private static int Below(int count, ulong seed, ulong position) => (int)(((ulong)Philox.Bits(seed, 0, position) * (ulong)count) >> 32);

    private static void RequireSome(IReadOnlyList<int> checkpoints)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        if (checkpoints.Count == 0)
            throw new ArgumentException("A matching schedule needs at least one checkpoint.", nameof(checkpoints));
    }
}
