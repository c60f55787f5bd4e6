using System.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Summaries;

/// <summary>A method of a run, or the ceiling.</summary>
/// <param name="Run">The run's folder.</param>
/// <param name="Data">The name of the training set.</param>
/// <param name="Images">N.</param>
/// <param name="Epochs">The epochs of the target's training.</param>
/// <param name="Width">The width of the network.</param>
/// <param name="Groups">G.</param>
/// <param name="Retrained">The number of groups in exact retraining.</param>
/// <param name="Seeds">The number of seeds that the exact effects are averaged over.</param>
/// <param name="Method">The name in the job; <c>ceiling</c> for one seed against the others.</param>
/// <param name="Correlations">The correlations with exact retraining, by view.</param>
/// <param name="Slope">Exact own-class effects divided by the method's (scaled to real units if that was possible).</param>
/// <param name="Scale">The factor that scaled them.</param>
/// <param name="Agreement">The correlation with a retraining of the last block, on a few groups.</param>
/// <param name="KeptLoss">The factor by which the models' loss on kept training images exceeds the target's.</param>
/// <param name="Part">The part of its update path that the method followed.</param>
/// <param name="OfflineSeconds">The time for preparation.</param>
/// <param name="OnlineSeconds">The time for all groups.</param>
/// <param name="PeakBytes">The peak memory of the process during the method's stages.</param>
public sealed record RunTableRow(
    string Run, string Data, int Images, int Epochs, int Width, int Groups, int? Retrained, int? Seeds, string Method,
    IReadOnlyDictionary<string, double> Correlations, double? Slope = null,
    double? Scale = null, double? Agreement = null, double? KeptLoss = null, double? Part = null, double? OfflineSeconds = null,
    double? OnlineSeconds = null, long? PeakBytes = null);

/// <summary>Validated runs of different jobs, with a line for each run and method, to compare methods across sizes.</summary>
public static class RunTable
{
    private const string Ceiling = "ceiling";

    private static readonly string[] Views = ["same", "all", "total"];

    /// <summary>Reads the runs' <c>run.json</c>.</summary>
    /// <exception cref="BadInputException">A folder is not a run, or has not been validated.</exception>
    public static IReadOnlyList<RunTableRow> Read(IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        return [.. folders.SelectMany(Rows)];
    }

    /// <summary>Formats the rows as a table in Markdown.</summary>
    public static string Markdown(IReadOnlyList<RunTableRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var text = new StringBuilder(
            "| images | epochs | width | groups (exact × seeds) | method | same | all | total | slope | scale | agreement | kept loss | "
            + "offline | online | memory |\n");
        text.Append("|--:|--:|--:|--:|---|").Append(string.Concat(Enumerable.Repeat("--:|", 10))).Append('\n');
        foreach (RunTableRow row in rows)
        {
            string[] cells =
            [
                $"{row.Images}", $"{row.Epochs}", $"{row.Width}", $"{row.Groups} ({row.Retrained} × {row.Seeds})", row.Method == Ceiling
                ? "ceiling: one seed against the others" : MethodRegistry.Title(row.Method),
                .. Views.Select(view => Number(row.Correlations.TryGetValue(view, out double r) ? r : null, "0.00")),
                Number(row.Slope, "0.00"), Number(row.Scale, "0.00"), Number(row.Agreement, "0.00"),
                Number(row.KeptLoss, "0.00") + (row.Part < 1 ? $" ({Number(row.Part, "0.###")} of the update path)" : ""),
                Number(row.OfflineSeconds, "0.0", " s"), Number(row.OnlineSeconds, "0.0", " s"),
                Number(row.PeakBytes / (1024.0 * 1024.0), "0", " MiB"),
            ];
            text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<RunTableRow> Rows(string folder)
    {
        RunSummary summary = RunComparison.Validated(folder);
        RunRecord record = RunFolder.Peek(folder)!;
        int groups = (int)(record.Stages.FirstOrDefault(stage => stage.Name == GroupStage.StageName)?.Figures.GetValueOrDefault("groups")
            ?? 0);
        var shared = new RunTableRow(folder, record.Job.Data.Source, record.Data!.Train, record.Job.Training.Epochs,
            record.Job.Network.Complete().Width ?? 0, groups, summary.RetrainedGroups, summary.RetrainedSeeds, Ceiling, summary.Ceiling);
        if (summary.Ceiling.Count > 0)
            yield return shared;
        foreach (MethodSummary method in summary.Methods)
        {
            yield return shared with
            {
                Method = method.Name, Correlations = method.Correlations, Slope = method.Slope, Scale = method.Scale,
                Agreement = method.Agreement, KeptLoss = method.KeptLoss, Part = method.Part,
                OfflineSeconds = method.OfflineSeconds, OnlineSeconds = method.OnlineSeconds, PeakBytes = PeakOf(record, method.Name),
            };
        }
    }

    private static long? PeakOf(RunRecord record, string method)
    {
        string[] stages = [.. MethodRegistry.Parts(method).SelectMany(part => (string[])
            [MethodStage.NameOf(part), .. record.Job.Matching.RecipeFor(part) is SynsetRecipe recipe
            ? (string[])[DistillStage.NameOf(recipe)] : []])];
        long peak = record.Stages.Where(stage => stages.Contains(stage.Name)).Select(stage => stage.PeakBytes).DefaultIfEmpty().Max();
        return peak > 0 ? peak : null;
    }

    private static string Number(double? value, string format, string unit = "")
        => value is double number && double.IsFinite(number) ? FigureText.Of(number, format) + unit : "–";
}
