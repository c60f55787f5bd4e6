using System.Text.Json.Serialization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Summaries;

/// <summary>One side of a comparison: a run, with the effects of one of its methods.</summary>
/// <param name="Run">The run's folder.</param>
/// <param name="Name">What tells it from the other sides: the folder's name, and the method if several sides are of one run.</param>
/// <param name="Method">The method's name in the job; null if the run has no attribution.</param>
/// <param name="TestAccuracy">The target's accuracy on the test images.</param>
/// <param name="TestLoss">The target's loss on them.</param>
/// <param name="Images">The number of training images.</param>
/// <param name="Groups">The number of groups; null if the run has no attribution.</param>
/// <param name="Record">The run's record.</param>
public sealed record RunComparisonSide(string Run, string Name, string? Method, double? TestAccuracy, double? TestLoss, int? Images,
    int? Groups, [property: JsonIgnore] RunRecord Record)
{
    private const string GroupsFile = "groups.csv";

    /// <summary>All effects of the run, in calibrated units where the run has some; null if it has none.</summary>
    internal ShownEffects? Effects { get; init; }

    /// <summary>What the effects are of; null if there are none.</summary>
    internal AttributionFile? Attribution => Effects?.File;

    /// <summary>The content of <c>groups.csv</c>, which says of every training image which group it is in; null if there is none.</summary>
    internal string? GroupOfSamples { get; init; }

    /// <summary>The method's effects on an objective, by group.</summary>
    internal double[] EffectsOn(string objective) => Effects!.Matrices[Attribution!.Methods.ToList().IndexOf(Method!)].Row(objective);

    /// <summary>
    /// The sides of several runs: each run by the first method that all of them have, or if there is none by its own first one; of a single
    /// run, all of its methods.
    /// </summary>
    /// <param name="folders">The runs' folders.</param>
    /// <exception cref="BadInputException">A folder is not a run with a finished stage.</exception>
    internal static IReadOnlyList<RunComparisonSide> Read(IReadOnlyList<string> folders)
    {
        string[] names = NamesOf(folders);
        RunComparisonSide[] runs = [.. folders.Select((folder, i) => Open(folder, names[i]))];
        if (runs is [{ Attribution: AttributionFile own } only])
            return [.. own.Methods.Select(method => only with { Method = method, Name = MethodRegistry.Title(method) })];
        string? shared = runs.All(run => run.Attribution is not null)
            ? runs[0].Attribution!.Methods.FirstOrDefault(method => runs.All(run => run.Attribution!.Methods.Contains(method))) : null;
        return [.. runs.Select(run => run with { Method = shared ?? run.Record.Summary!.Lead ?? run.Attribution?.Methods[0] })];
    }

    /// <summary>The name of a class; null if it is not known, or if there are several.</summary>
    internal string? ClassName(int c) => c < 0 ? null : Attribution?.ClassNames?.ElementAtOrDefault(c);

    private static RunComparisonSide Open(string folder, string name)
    {
        RunRecord? record = RunFolder.Peek(folder);
        if (record?.Summary is not RunSummary summary)
            throw new BadInputException(folder, "run.json", "no finished stage", "a run",
                "Check the path, or create a run: ddm attribute.");
        string path = Path.Combine(folder, AttributionFile.Name), groups = Path.Combine(folder, GroupsFile);
        // A file of an attribution under other settings is not in the summary.
        ShownEffects? effects = summary.Methods.Count > 0 && File.Exists(path)
            ? ShownEffects.Read(folder, summary.RetrainedGroups is not null) : null;
        return new RunComparisonSide(folder, name, null, summary.TestAccuracy, summary.TestLoss, record.Data?.Train, effects?.File.Groups,
            record)
        {
            Effects = effects,
            GroupOfSamples = effects is not null && File.Exists(groups) ? File.ReadAllText(groups) : null,
        };
    }

    /// <summary>The last parts of the paths, as many as tell them apart.</summary>
    private static string[] NamesOf(IReadOnlyList<string> folders)
    {
        string[] full = [.. folders.Select(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))];
        string[] last = [.. full.Select(path => Path.GetFileName(path) is { Length: > 0 } name ? name : path)];
        return last.Distinct().Count() == last.Length ? last : [.. folders];
    }
}
