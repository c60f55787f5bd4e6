namespace DdmNative.Runs;

/// <summary>One line about the work of earlier processes: what is finished, what was interrupted, what is recomputed and why.</summary>
internal static class Resumption
{
    /// <summary>The line; null for a new run.</summary>
    /// <param name="stages">All stages of the goal.</param>
    /// <param name="causes">For every stage that was finished and must be recomputed, the reason; null for all others.</param>
    /// <param name="finished">The finished stages, including those to be recomputed.</param>
    /// <param name="begun">The stage that was running when the last process ended.</param>
    /// <param name="kept">The partial results from which that stage resumes.</param>
    public static string? Describe(IReadOnlyList<Stage> stages, IReadOnlyDictionary<string, string?> causes, IReadOnlySet<string> finished,
        Stage? begun, string? kept)
    {
        Stage[] again = [.. stages.Where(stage => causes[stage.Name] is not null)];
        int left = stages.Count(stage => finished.Contains(stage.Name)) - again.Length;
        if (left == 0 && again.Length == 0 && begun is null)
            return null;
        if (left == stages.Count)
            return $"All {left} stages are finished.";
        var parts = new List<string> { $"Resuming: {left} of {stages.Count} stages {(left == 1 ? "is" : "are")} finished" };
        if (begun is not null)
            parts.Add($"{begun.Name} was interrupted and {(kept is null ? "starts again" : "resumes, " + kept + " kept")}");
        parts.AddRange(again.GroupBy(stage => causes[stage.Name])
            .Select(group => $"{string.Join(", ", group.Select(stage => stage.Name))} recomputed ({group.Key})"));
        if (stages.Count - left - again.Length - (begun is null ? 0 : 1) is > 0 and int untouched)
            parts.Add($"{untouched} not started");
        return string.Join("; ", parts) + ".";
    }
}
