using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Exports;

/// <summary>A run's effects in long form, a row for each method, objective and group, as data frames and SQL like them; columns beside one another, all of one length.</summary>
public sealed class EffectTable
{
    private EffectTable(string granularity, int rows)
    {
        Granularity = granularity;
        (Method, Objective, Unit, Name) = (new string[rows], new string[rows], new string[rows], new string?[rows]);
        (Group, Class, Cluster, Size) = (new int[rows], new int[rows], new int[rows], new int[rows]);
        (Effect, Calibrated, Exact) = (new double[rows], new double?[rows], new double?[rows]);
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

    public int Rows => Group.Length;

    /// <summary>Reads what a run has found.</summary>
    /// <exception cref="BadInputException">The folder is no run's, or its attribution is not finished or has been changed.</exception>
    public static EffectTable Of(string run)
    {
        RunRecord record = RunFolder.Peek(run) ?? throw new BadInputException(run, "run folder", "no run.json", "the folder of a run", "Check the path, or make a run: ddm attribute --run DIR --data DIR.");
        StageRecord? stage = record.Stages.FirstOrDefault(stage => stage.Name == AttributeStage.StageName);
        string path = Path.Combine(run, AttributeStage.NpzFile);
        if (stage is null || Fingerprint.OfFile(path) != stage.Files.GetValueOrDefault(AttributeStage.NpzFile))
            throw new BadInputException(run, AttributeStage.NpzFile, stage is null ? "no finished attribution" : "a file that is missing or has been changed", "a finished attribution", $"Run ddm attribute --run {run} first.");

        NpzContents file = Npz.Read(path);
        string[] methods = file.Elements<string>("methods"), objectives = file.Elements<string>("objectives");
        int[] classes = file.Elements<int>("group_class"), clusters = file.Elements<int>("group_cluster"), sizes = file.Elements<int>("group_size");
        string[]? names = file.Arrays.ContainsKey(AttributeStage.GroupNames) ? file.Elements<string>(AttributeStage.GroupNames) : null;
        double[] effects = file.Elements<double>("matrices");
        var measured = ExactEffects.Of(run, methods, objectives, effects, classes.Length);
        var table = new EffectTable(record.Job.Attribution.Granularity, methods.Length * objectives.Length * classes.Length);
        for (int row = 0; row < table.Rows; row++)
        {
            int g = row % classes.Length, o = row / classes.Length % objectives.Length, a = row / classes.Length / objectives.Length;
            (table.Method[row], table.Objective[row], table.Unit[row], table.Name[row]) = (methods[a], objectives[o], UnitOf(methods[a]), names?[g]);
            (table.Group[row], table.Class[row], table.Cluster[row], table.Size[row]) = (g, classes[g], clusters[g], sizes[g]);
            (table.Effect[row], table.Calibrated[row], table.Exact[row]) = (effects[row], measured.Slope(a) * effects[row], measured.At(o, g));
        }

        return table;
    }

    private static string UnitOf(string method) => AttributionMethods.IsOfSuite(method) ? MethodRegistry.Find(method)!.Unit : MethodDescription.ObjectiveUnit;
}
