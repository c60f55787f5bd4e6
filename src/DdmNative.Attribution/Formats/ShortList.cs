namespace DdmNative.Attribution.Formats;

/// <summary>A list for a message that shows the first items and counts the others.</summary>
internal static class ShortList
{
    /// <param name="items">All items.</param>
    /// <param name="most">The maximum number of items shown.</param>
    /// <param name="between">The separator of the items.</param>
    /// <param name="beforeRest">The separator before the count of the others.</param>
    public static string Of(IEnumerable<string> items, int most, string between = ", ", string beforeRest = " and ")
    {
        string[] all = [.. items];
        return string.Join(between, all.Take(most)) + (all.Length > most ? $"{beforeRest}{all.Length - most} more" : "");
    }
}
