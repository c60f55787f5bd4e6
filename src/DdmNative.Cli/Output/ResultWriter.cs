using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>Writes a run's results to standard output: one JSON object, or text for people.</summary>
internal static class ResultWriter
{
    private static readonly IReadOnlyList<string> Views = EffectViews.Names;

    public static void Write(RunSummary summary, bool json)
    {
        if (json)
            JsonResult.Write(summary);
        else
            WriteText(summary, Terminal.OutputConsole());
    }

    private static void WriteText(RunSummary summary, IAnsiConsole console)
    {
        // A pipe or a log has no width; with eighty columns the tables would lose columns.
        if (Console.IsOutputRedirected)
            console.Profile.Width = 140;
        if (summary.TestAccuracy is double accuracy)
            console.MarkupLineInterpolated($"Test accuracy [bold]{accuracy:P1}[/], test loss {Number(summary.TestLoss, "0.000")}");
        if (summary.Unlearned is IReadOnlyDictionary<string, double> unlearned)
            UnlearnedTable.Write(console, unlearned);
        if (summary.MostHelpful.Count + summary.MostHarmful.Count > 0)
        {
            console.WriteLine();
            console.WriteLine($"Effect of each group on '{summary.Objective}' by {MethodRegistry.Title(summary.Methods[0].Name)}: with the "
                + $"group minus without it.");
            WriteGroups(console, "Most helpful", summary.MostHelpful);
            WriteGroups(console, "Most harmful (or least helpful)", summary.MostHarmful);
        }

        WriteMethods(console, summary);
        foreach (MethodSummary method in summary.Methods)
            WriteCheck(console, method, summary);
        if (summary.Evaluation is EvaluationSummary evaluation)
            WriteEvaluation(console, evaluation);
        if (summary.RetrainingSeconds is double retraining)
        {
            string seeds = summary.RetrainedSeeds == 1 ? "one seed" : $"{summary.RetrainedSeeds} seeds";
            console.WriteLine($"Exact retraining: {summary.RetrainedGroups} groups, {seeds}; {Number(retraining, "0.00")} s each, run "
                + $"together.");
        }

        if (summary.PyTorchSeconds is double pyTorch)
            console.WriteLine($"PyTorch: {Number(pyTorch, "0.00")} s for each retraining; ours are "
                + $"{Number(summary.SpeedUpOverPyTorch, "0.0")} times faster.");
        if (summary.Shard is ShardSummary shard)
            WriteShard(console, shard);
        console.WriteLine($"Run: {summary.Run}");
    }

    private static void WriteShard(IAnsiConsole console, ShardSummary shard)
    {
        Table table = new Table().Border(TableBorder.Simple).Title($"Shard {shard.Shard}: done").AddColumn("stage")
            .AddColumn(new TableColumn("own").RightAligned()).AddColumn(new TableColumn("of").RightAligned());
        foreach (SharedStage stage in shard.Stages)
            table.AddRow(Markup.Escape(stage.Name), Number(stage.Own, "0"), Number(stage.Of, "0"));
        console.Write(table);
        console.WriteLine($"Left for ddm merge: {string.Join(", ", shard.Left)}.");
    }

    private static void WriteGroups(IAnsiConsole console, string title, IReadOnlyList<GroupEffect> groups)
    {
        if (groups.Count == 0)
            return;
        bool exact = groups.Any(group => group.Exact is not null);
        FittedColumn[] columns = [new("class", 2), new("cluster", 4), new("images", 3), new("effect", 0), .. exact
            ? (FittedColumn[])[new("exact", 1)] : []];
        var table = new FittedTable(title, "group", columns);
        foreach (GroupEffect group in groups)
            table.Add(group.Name ?? Number(group.Group, "0"),
                [group.ClassName ?? Number(group.Class, "0"), Number(group.Cluster, "0"), Number(group.Size, "0"), Effect(group.Effect),
                .. exact ? (string[])[Effect(group.Exact)] : []]);
        table.Write(console);
    }

    private static void WriteMethods(IAnsiConsole console, RunSummary summary)
    {
        if (summary.Methods.Count == 0)
            return;
        bool compared = summary.Methods.Any(method => method.Correlations.Count > 0);
        FittedColumn[] columns =
        [
            .. compared ? (FittedColumn[])[new("same", 0), new("all", 6), new("off", 8), new("total", 1), new("within", 7)] : [],
            new("offline", 5), new("online", 2),
            .. compared ? (FittedColumn[])[new("speed-up", 4), new("slope", 9)] : [],
        ];
        var table = new FittedTable(compared ? "Methods, and their correlation with exact retraining" : "Methods", "method", columns);
        foreach (MethodSummary method in summary.Methods)
        {
            IEnumerable<string> cells = compared ? Correlations(method.Correlations) : [];
            cells = [.. cells, Number(method.OfflineSeconds, "0.0") + " s", Number(method.OnlineSeconds, "0.00") + " s"];
            if (compared)
                cells = [.. cells, method.SpeedUp is double speedUp ? Number(speedUp, "0") + "×" : "–", Number(method.Slope, "0.00")];
            table.Add(MethodRegistry.Title(method.Name), cells);
        }

        foreach ((string name, IReadOnlyDictionary<string, double> correlations) in summary.Baselines)
            table.Add(name, [.. Correlations(correlations), "", "", "", ""]);
        if (summary.Ceiling.Count > 0)
            table.Add("ceiling: one seed against the others", [.. Correlations(summary.Ceiling), "", "", "", ""]);
        table.Write(console);
    }

    /// <summary>
    /// Writes what was checked of a method without retraining the network, and what the user must know before using its effects.
    /// </summary>
    private static void WriteCheck(IAnsiConsole console, MethodSummary method, RunSummary summary)
    {
        string title = MethodRegistry.Title(method.Name);
        if (method is { Agrees: true, Scale: double scale })
        {
            string exact = summary.RetrainedGroups is null && summary.Seconds.TryGetValue("train", out double training)
                ? $" For exact units: --calibrate 3, about {Number(3 * training, "0")} s more."
                : "";
            console.WriteLine($"{title}: agrees with a retraining of the last block (correlation {Number(method.Agreement, "0.00")}); "
                + $"effects multiplied by {Number(scale, "0.00")} to obtain real units.{exact}");
        }

        if (method.Part < 1)
            console.WriteLine($"{title}: followed {Number(method.Part, "0.###")} of its update path; beyond that its models no longer "
                + $"fitted the groups that they keep.");
        foreach (string warning in method.Warnings)
            console.MarkupLineInterpolated($"[bold yellow]warning:[/] {title}: {warning}");
    }

    private static void WriteEvaluation(IAnsiConsole console, EvaluationSummary evaluation)
    {
        FigureTable figures = EvaluationReport.Table(evaluation);
        var table = new FittedTable("Evaluation against retrained models (docs/evaluation.md)", "method",
            [.. figures.Figures.Select((heading, i) => new FittedColumn(heading, i))]);
        foreach ((string[] of, double[] values) in figures.Rows)
            table.Add(of[0], values.Select((value, i) => figures.Shown(value, i)));
        table.Write(console);
        console.WriteLine(EvaluationReport.Retraining(evaluation));
    }

    private static IEnumerable<string> Correlations(IReadOnlyDictionary<string, double> of)
        => Views.Select(view => Number(of.TryGetValue(view, out double r) ? r : null, "0.00"));

    private static string Effect(double? value) => Number(value, "+0.0000;-0.0000");

    private static string Number(double? value, string format)
        => value is double number && double.IsFinite(number) ? FigureText.Of(number, format) : "–";
}
