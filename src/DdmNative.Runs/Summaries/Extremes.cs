namespace DdmNative.Runs.Summaries;

/// <summary>Splits an order from the most helpful to the most harmful into two disjoint lists.</summary>
internal static class Extremes
{
    /// <summary>
    /// Returns the first and the last elements. If there are too few for two full lists, each list gets half, and the sign of the middle
    /// element decides which list it belongs to.
    /// </summary>
    /// <param name="order">The most helpful first.</param>
    /// <param name="most">The maximum length of a list.</param>
    /// <param name="harms">Whether an element is harmful.</param>
    /// <returns>The most helpful, best first, and the most harmful (or least helpful), worst first.</returns>
    public static (int[] Helpful, int[] Harmful) Of(int[] order, int most, Func<int, bool> harms)
    {
        int half = order.Length / 2;
        if (order.Length % 2 == 1 && !harms(order[half]))
            half++;
        return ([.. order[..half].Take(most)], [.. order[half..].Reverse().Take(most)]);
    }
}
