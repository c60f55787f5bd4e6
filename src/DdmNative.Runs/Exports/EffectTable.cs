using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Exports;

/// <summary>
/// A run's effects in long form, a row for each method, objective and group, as data frames and SQL like them; columns beside one another,
/// all of one length.
/// </summary>
public sealed class EffectTable
{
    private EffectTable(string granularity, int rows)
    {
        Granularity = granularity;
        (Method, Objective, Unit, Name) = (new string[rows], new string[rows], new string[rows], new string?[rows]);
        (Group, Class, Cluster, Size) = (new int[rows], new int[rows], new int[rows], new int[rows]);
        (Effect, Calibrated, Exact) = (new double[rows], new double?[rows], new double?[rows]);
        (ClassName, Sample, File, Noise) = (new string?[rows], new int?[rows], new string?[rows], new double?[rows]);
    }

    /// <summary>What a row's group is: a group, a class or a sample.</summary>
    public string Granularity { get; }

    /// <summary>The method of attribution, as the job names it.</summary>
    public string[] Method { get; }

    public string[] Objective { get; }

    /// <summary>The effect's unit: the objective's own, or that of a method that has no such.</summary>
    public string[] Unit { get; }

    /// <summary>The group's number: its column in the matrix.</summary>
    public int[] Group { get; }

    public int[] Class { get; }

    public int[] Cluster { get; }

    /// <summary>The user's own name of the group; null where a clustering made it.</summary>
    public string?[] Name { get; }

    /// <summary>Training images of the group.</summary>
    public int[] Size { get; }

    /// <summary>F(with) − F(without) as the method predicts it.</summary>
    public double[] Effect { get; }

    /// <summary>The same times the slope that a few retrainings gave; null where none was fitted.</summary>
    public double?[] Calibrated { get; }

    /// <summary>The same by exact retraining, the mean over seeds; null for groups that were not retrained without.</summary>
    public double?[] Exact { get; }

    /// <summary>The class's name; null if classes have none, and for a group that spans several.</summary>
    public string?[] ClassName { get; }

    /// <summary>Of a single sample, its index in the original data; null for groups and classes.</summary>
    public int?[] Sample { get; }

    /// <summary>Of a single sample, its file; null for groups and classes, and for samples without files.</summary>
    public string?[] File { get; }

    /// <summary>
    /// The noise of the effect, as one standard error: of the calibrated effect if there is one; null where it is not known
    /// (docs/methods.md, "Noise").
    /// </summary>
    public double?[] Noise { get; }

    public int Rows => Group.Length;

    /// <summary>Reads what a run has found.</summary>
    /// <exception cref="BadInputException">The folder is no run's, or its attribution is not finished or has been changed.</exception>
    public static EffectTable Of(string run)
    {
        RunRecord record = RunFolder.Peek(run)
            ?? throw new BadInputException(run, "run folder", "no run.json", "the folder of a run",
                "Check the path, or make a run: ddm attribute --run DIR --data DIR.");
        StageRecord? stage = record.Stages.FirstOrDefault(stage => stage.Name == AttributeStage.StageName);
        string path = Path.Combine(run, AttributionFile.Name);
        if (stage is null || Fingerprint.OfFile(path) != stage.Files.GetValueOrDefault(AttributionFile.Name))
            throw new BadInputException(run, AttributionFile.Name, stage is null
                ? "no finished attribution"
                    : "a file that is missing or has been changed", "a finished attribution", $"Run ddm attribute --run {run} first.");

        // What belongs to another attribution is left out.
        var shown = ShownEffects.Read(run, isValidated: true);
        AttributionFile file = shown.File;
        double[] effects = file.Effects;
        IReadOnlyList<string>? classNames = record.Job.Data.ClassNames ?? file.ClassNames;
        (int Sample, string? File)[]? samples
            = record.Job.Attribution.Granularity == Attribution.Methods.Granularity.Sample ? SamplesOf(run, record) : null;
        var table = new EffectTable(record.Job.Attribution.Granularity, effects.Length);
        for (int row = 0; row < table.Rows; row++)
        {
            int g = row % file.Groups, o = row / file.Groups % file.Objectives.Count, a = row / file.Groups / file.Objectives.Count;
            (table.Method[row], table.Objective[row], table.Unit[row], table.Name[row]) = (file.Methods[a], file.Objectives[o],
                MethodRegistry.UnitOf(file.Methods[a]), file.Names?[g]);
            (table.Group[row], table.Class[row], table.Cluster[row], table.Size[row]) = (g, file.Classes[g], file.Clusters[g],
                file.Sizes[g]);
            (table.Effect[row], table.Calibrated[row], table.Exact[row], table.Noise[row]) = (effects[row],
                shown.IsCalibrated(a) ? shown.Matrices[a][o, g] : null, shown.Exact(o, g)?.Effect, shown.NoiseOf(a, o, g));
            table.ClassName[row] = classNames?.ElementAtOrDefault(file.Classes[g]);
            if (samples?.Length == file.Groups)
                (table.Sample[row], table.File[row]) = samples[g];
        }

        return table;
    }

    /// <summary>The samples in the order of the data in use, from the groups' file; null if that has been changed.</summary>
    private static (int Sample, string? File)[]? SamplesOf(string run, RunRecord record)
    {
        StageRecord? stage = record.Stages.FirstOrDefault(stage => stage.Name == GroupStage.StageName);
        string path = Path.Combine(run, GroupStage.FileName);
        if (stage is null || Fingerprint.OfFile(path) != stage.Files.GetValueOrDefault(GroupStage.FileName))
            return null;
        using var rows = new CsvRows(path);
        rows.Require("sample");
        var samples = new List<(int, string?)>();
        while (rows.Next())
            samples.Add((rows.Number("sample"), rows.Optional("file")));
        return [.. samples];
    }
}
