using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// The locations of a job's inputs. They do not decide the result, which depends only on the content: a run stores absolute paths, so that
/// it resumes from any working directory, and new locations can be specified. Null keeps the job's location.
/// </summary>
public sealed record InputPlaces
{
    /// <summary>Replaces <c>data.source</c>.</summary>
    public string? Data { get; init; }

    /// <summary>Replaces <c>target.file</c>.</summary>
    public string? Target { get; init; }

    /// <summary>Replaces <c>target.trajectory</c>.</summary>
    public string? Trajectory { get; init; }

    /// <summary>Replaces <c>target.name_map</c>.</summary>
    public string? NameMap { get; init; }

    /// <summary>Replaces <c>groups.file</c>.</summary>
    public string? Groups { get; init; }

    /// <summary>Replaces <c>data.class_names</c>, which is no place, but as little decides a result.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Returns the job with these locations.</summary>
    /// <exception cref="BadInputException">The job has no such input.</exception>
    internal Job Apply(Job job)
    {
        Require("--target", Target, "target", job.Target?.File);
        Require("--trajectory", Trajectory, "recorded training of a target", job.Target?.Trajectory);
        Require("--name-map", NameMap, "map of a target's names", job.Target?.NameMap);
        Require("--groups", Groups, "file of groups", job.Groups.File);
        return job with
        {
            Data = job.Data with { Source = Data ?? job.Data.Source, ClassNames = ClassNames ?? job.Data.ClassNames },
            Target = job.Target is null ? null : job.Target with
            {
                File = Target ?? job.Target.File,
                Trajectory = Trajectory ?? job.Target.Trajectory,
                NameMap = NameMap ?? job.Target.NameMap,
            },
            Groups = job.Groups with { File = Groups ?? job.Groups.File },
        };
    }

    /// <summary>
    /// Returns the job as a run stores it: with absolute paths. Generated datasets, and datasets that are found by name, keep their name.
    /// </summary>
    internal static Job Absolute(Job job) => job with
    {
        Data = job.Data with { Source = IsName(job.Data.Source) ? job.Data.Source : Path.GetFullPath(job.Data.Source) },
        Target = job.Target is null ? null : job.Target with
        {
            File = Path.GetFullPath(job.Target.File),
            Trajectory = Full(job.Target.Trajectory),
            NameMap = Full(job.Target.NameMap),
        },
        Groups = job.Groups with { File = Full(job.Groups.File) },
    };

    /// <summary>Returns the job without any locations and names of classes, for comparison with another.</summary>
    internal static Job None(Job job) => job with
    {
        Data = job.Data with { Source = "", ClassNames = null },
        Target = job.Target is null
        ? null : job.Target with { File = "", Trajectory = Blank(job.Target.Trajectory), NameMap = Blank(job.Target.NameMap) },
        Groups = job.Groups with { File = Blank(job.Groups.File) },
    };

    private static bool IsName(string source)
        => source == "generated" || source.StartsWith("generated:", StringComparison.Ordinal)
            || (!Directory.Exists(source) && DatasetCache.Holds(source));

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);

    private static string? Blank(string? path) => path is null ? null : "";

    private static void Require(string option, string? given, string what, string? there)
    {
        if (given is not null && there is null)
            throw new BadInputException(option, "run", $"no {what} in the run's job", "an option for an input that the run has",
                $"Remove {option}.");
    }
}
