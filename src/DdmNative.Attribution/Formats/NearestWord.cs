namespace DdmNative.Attribution.Formats;

/// <summary>Suggestions for a mistyped word.</summary>
public static class NearestWord
{
    /// <summary>
    /// The candidate that starts with the word, otherwise the one with the smallest edit distance; null if none is similar.
    /// </summary>
    public static string? Of(string word, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(word);
        ArgumentNullException.ThrowIfNull(candidates);
        string[] all = [.. candidates];
        if (word.Length > 1 && all.Where(candidate => candidate.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .MinBy(candidate => candidate.Length) is string longer)
            return longer;
        return all.Select(candidate => (Word: candidate, Slips: Slips(word.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .Where(pair => pair.Slips <= Math.Max(1, word.Length / 3)).OrderBy(pair => pair.Slips).FirstOrDefault().Word;
    }

    /// <summary>Counts omitted, inserted, replaced or swapped letters (optimal string alignment).</summary>
    private static int Slips(string a, string b)
    {
        var least = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    least[i, j] = i + j;
                    continue;
                }

                int exchanged = least[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                least[i, j] = Math.Min(exchanged, 1 + Math.Min(least[i - 1, j], least[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    least[i, j] = Math.Min(least[i, j], 1 + least[i - 2, j - 2]);
            }
        }

        return least[a.Length, b.Length];
    }
}
