namespace DdmNative.Runs;

/// <summary>One line on what a start finds of the starts before it: what is finished, what was interrupted, what is done again and why.</summary>
internal static class Resumption
{
    /// <summary>The line; null in a new run, of which there is nothing to say.</summary>
    /// <param name="stages">All stages of the goal.</param>
    /// <param name="causes">Of every stage that was finished once and must be done again, why; null for all others.</param>
    /// <param name="finished">The stages that were finished, those to be done again included.</param>
    /// <param name="begun">The stage that was being run when the last process ended.</param>
    /// <param name="kept">What that stage goes on from.</param>
    public static string? Describe(IReadOnlyList<Stage> stages, IReadOnlyDictionary<string, string?> causes, IReadOnlySet<string> finished, Stage? begun, string? kept)
    {
        Stage[] again = [.. stages.Where(stage => causes[stage.Name] is not null)];
        int left = stages.Count(stage => finished.Contains(stage.Name)) - again.Length;
        if (left == 0 && again.Length == 0 && begun is null)
            return null;
        if (left == stages.Count)
            return $"All {left} stages are finished.";
        var parts = new List<string> { $"Going on: {left} of {stages.Count} stages {(left == 1 ? "is" : "are")} finished" };
        if (begun is not null)
            parts.Add($"{begun.Name} was interrupted and {(kept is null ? "begins again" : "goes on, " + kept + " kept")}");
        parts.AddRange(again.GroupBy(stage => causes[stage.Name]).Select(group => $"{string.Join(", ", group.Select(stage => stage.Name))} done again ({group.Key})"));
        if (stages.Count - left - again.Length - (begun is null ? 0 : 1) is > 0 and int untouched)
            parts.Add($"{untouched} not begun");
        return string.Join("; ", parts) + ".";
    }
}
