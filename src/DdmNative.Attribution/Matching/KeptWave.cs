using DdmNative.Attribution.Sharding;

namespace DdmNative.Attribution.Matching;

/// <summary>
/// The stored state of one wave of a matching: the finished steps, the log, and the state that the other steps depend on, in one list of
/// numbers.
/// </summary>
/// <param name="results">The store.</param>
/// <param name="matching">The matching's name.</param>
/// <param name="first">The wave's first group.</param>
/// <param name="count">The wave's groups.</param>
internal sealed class KeptWave(IPartialResults results, string matching, int first, int count)
{
    private readonly List<MatchingProgress> _log = [];
    private readonly string _name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{matching}-{first}-{count}");

    /// <summary>Restores the stored state of the wave, and passes on its log.</summary>
    /// <returns>The number of finished steps; 0 if nothing is stored.</returns>
    public int Restore(MatchingStep step, int steps, Action<MatchingProgress> log)
    {
        if (results.Find(_name) is not double[] kept)
            return 0;
        int entries = (int)kept[1], from = 2 + entries * (1 + count);
        if (kept.Length - from != step.StateLength)
            return 0; // of another shape, which the key of a run's stage rules out
        step.Restore(Array.ConvertAll(kept[from..], value => (float)value));
        for (int i = 0; i < entries; i++)
        {
            int at = 2 + i * (1 + count);
            log(Logged(new MatchingProgress(first, (int)kept[at], steps,
                Array.ConvertAll(kept[(at + 1)..(at + 1 + count)], value => (float)value))));
        }

        return (int)kept[0];
    }

    /// <summary>Records an entry of the log, which is part of the stored state.</summary>
    public MatchingProgress Logged(MatchingProgress entry)
    {
        _log.Add(entry);
        return entry;
    }

    /// <summary>Stores the wave after <paramref name="done"/> steps.</summary>
    public void Keep(MatchingStep step, int done)
    {
        if (results is not NothingKept)
            results.Keep(_name, [done, _log.Count,
                .. _log.SelectMany(entry => entry.Distances.Select(distance => (double)distance).Prepend(entry.Step)),
                .. step.State.Select(value => (double)value)]);
    }
}
