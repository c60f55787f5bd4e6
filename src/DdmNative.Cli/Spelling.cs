namespace DdmNative.Cli;

/// <summary>How far two words are apart, to name what was probably meant.</summary>
internal static class Spelling
{
    /// <summary>The edits (a letter put in, left out or changed) that make one word of the other: Levenshtein's distance.</summary>
    public static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
