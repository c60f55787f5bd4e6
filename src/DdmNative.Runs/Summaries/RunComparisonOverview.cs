using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Summaries;

/// <summary>
/// Runs side by side, whether they were validated or not: accuracy, the settings that differ, and what became of the effects. The first is
/// what the others are compared with.
/// </summary>
public sealed record RunComparisonOverview
{
    /// <summary>The runs, or the methods of a single run.</summary>
    public required IReadOnlyList<RunComparisonSide> Sides { get; init; }

    /// <summary>The settings that differ; empty for a single run.</summary>
    public required IReadOnlyList<RunComparisonSetting> Settings { get; init; }

    /// <summary>The effects of each other side compared with the first one's, as far as they can be compared.</summary>
    public required IReadOnlyList<RunComparisonEffects> Effects { get; init; }

    /// <summary>Reads the runs' folders.</summary>
    /// <exception cref="BadInputException">A folder is not a run with a finished stage, or a file is damaged.</exception>
    public static RunComparisonOverview Of(IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        IReadOnlyList<RunComparisonSide> sides = RunComparisonSide.Read(folders);
        return new RunComparisonOverview
        {
            Sides = sides,
            Settings = folders.Count == 1 ? [] : RunComparisonSetting.Of([.. sides.Select(side => side.Record)]),
            Effects = [.. sides.Skip(1).Select(side => RunComparisonEffects.Of(sides[0], side)).OfType<RunComparisonEffects>()],
        };
    }
}
