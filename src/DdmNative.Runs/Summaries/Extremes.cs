namespace DdmNative.Runs.Summaries;

/// <summary>The two ends of an order from the most helpful to the most harmful, as two lists that share nothing.</summary>
internal static class Extremes
{
    /// <summary>
    /// The first and the last; where there are fewer than both lists have room for, each list takes its half, and what lies in the middle goes
    /// where its sign says.
    /// </summary>
    /// <param name="order">The most helpful first.</param>
    /// <param name="most">The length of a list at most.</param>
    /// <param name="harms">Whether one does harm.</param>
    /// <returns>The most helpful, best first, and the most harmful (or least helpful), worst first.</returns>
    public static (int[] Helpful, int[] Harmful) Of(int[] order, int most, Func<int, bool> harms)
    {
        int half = order.Length / 2;
        if (order.Length % 2 == 1 && !harms(order[half]))
            half++;
        return ([.. order[..half].Take(most)], [.. order[half..].Reverse().Take(most)]);
    }
}
