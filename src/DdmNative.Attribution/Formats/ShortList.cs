namespace DdmNative.Attribution.Formats;

/// <summary>A list for a message, of which the first stand there and the others are counted.</summary>
internal static class ShortList
{
    /// <param name="items">All of them.</param>
    /// <param name="most">So many stand there at most.</param>
    /// <param name="between">What parts them.</param>
    /// <param name="beforeRest">What parts the count of the others from them.</param>
    public static string Of(IEnumerable<string> items, int most, string between = ", ", string beforeRest = " and ")
    {
        string[] all = [.. items];
        return string.Join(between, all.Take(most)) + (all.Length > most ? $"{beforeRest}{all.Length - most} more" : "");
    }
}
