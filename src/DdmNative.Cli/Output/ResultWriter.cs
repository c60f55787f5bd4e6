using System.Globalization;
using System.Text.Json;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Runs;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Runs.Reports;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>What a run found, on standard output: one JSON object, or text for people.</summary>
internal static class ResultWriter
{
    private static readonly string[] Views = ["same", "all", "off", "total", "within"];

    private static readonly JsonSerializerOptions JsonForm = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(RunSummary summary, bool json)
    {
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(summary, JsonForm));
        else
            WriteText(summary, AnsiConsole.Console);
    }

    private static void WriteText(RunSummary summary, IAnsiConsole console)
    {
        // A pipe or a log has no width of its own; eighty columns would break the tables.
        if (Console.IsOutputRedirected)
            console.Profile.Width = 140;
        if (summary.TestAccuracy is double accuracy)
            console.MarkupLineInterpolated($"Test accuracy [bold]{accuracy:P1}[/], test loss {Number(summary.TestLoss, "0.000")}");
        if (summary.Unlearned is IReadOnlyDictionary<string, double> unlearned)
            console.MarkupLineInterpolated($"Without the groups: test accuracy [bold]{unlearned["test_accuracy"]:P1}[/], test loss {Number(unlearned["test_loss"], "0.000")}");
        if (summary.MostHelpful.Count > 0)
        {
            console.WriteLine();
            console.WriteLine($"Effect of each group on '{summary.Objective}' by {AttributionMethods.Title(summary.Methods[0].Name)}: with the group minus without it.");
            WriteGroups(console, "Most helpful", summary.MostHelpful);
            WriteGroups(console, "Most harmful (or least helpful)", summary.MostHarmful);
        }

        WriteMethods(console, summary);
        if (summary.Evaluation is EvaluationSummary evaluation)
            WriteEvaluation(console, evaluation);
        if (summary.RetrainingSeconds is double retraining)
        {
            string seeds = summary.RetrainedSeeds == 1 ? "one seed" : $"{summary.RetrainedSeeds} seeds";
            console.WriteLine($"Exact retraining: {summary.RetrainedGroups} groups, {seeds}; {Number(retraining, "0.00")} s each, run together.");
        }

        if (summary.PyTorchSeconds is double pyTorch)
            console.WriteLine($"PyTorch: {Number(pyTorch, "0.00")} s for each retraining; ours are {Number(summary.SpeedUpOverPyTorch, "0.0")} times faster.");
        if (summary.Shard is ShardSummary shard)
            WriteShard(console, shard);
        console.WriteLine($"Run: {summary.Run}");
    }

    private static void WriteShard(IAnsiConsole console, ShardSummary shard)
    {
        Table table = new Table().Border(TableBorder.Simple).Title($"Shard {shard.Shard}: done").AddColumn("stage").AddColumn(new TableColumn("own").RightAligned()).AddColumn(new TableColumn("of").RightAligned());
        foreach (SharedStage stage in shard.Stages)
            table.AddRow(Markup.Escape(stage.Name), Number(stage.Own, "0"), Number(stage.Of, "0"));
        console.Write(table);
        console.WriteLine($"Left to ddm merge: {string.Join(", ", shard.Left)}.");
    }

    private static void WriteGroups(IAnsiConsole console, string title, IReadOnlyList<GroupEffect> groups)
    {
        Table table = new Table().Border(TableBorder.Simple).Title(title).AddColumns("group", "class", "cluster", "images", "effect");
        bool exact = groups.Any(group => group.Exact is not null);
        if (exact)
            table.AddColumn("exact");
        foreach (GroupEffect group in groups)
        {
            var cells = new List<string>
            {
                Markup.Escape(group.Name ?? Number(group.Group, "0")), Number(group.Class, "0"), Number(group.Cluster, "0"), Number(group.Size, "0"), Number(group.Effect, "+0.0000;-0.0000"),
            };
            if (exact)
                cells.Add(Number(group.Exact, "+0.0000;-0.0000"));
            table.AddRow([.. cells]);
        }

        foreach (TableColumn column in table.Columns)
            column.RightAligned();
        console.Write(table);
    }

    private static void WriteMethods(IAnsiConsole console, RunSummary summary)
    {
        if (summary.Methods.Count == 0)
            return;
        bool compared = summary.Methods.Any(method => method.Correlations.Count > 0);
        Table table = new Table().Border(TableBorder.Simple).Title(compared ? "Methods, and their correlation with exact retraining" : "Methods").AddColumn("method");
        string[] columns = [.. compared ? Views : [], "offline", "online", .. compared ? (string[])["speed-up", "slope"] : []];
        foreach (string column in columns)
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (MethodSummary method in summary.Methods)
        {
            IEnumerable<string> cells = compared ? Views.Select(view => Number(method.Correlations.TryGetValue(view, out double r) ? r : null, "0.00")) : [];
            cells = [.. cells, Number(method.OfflineSeconds, "0.0") + " s", Number(method.OnlineSeconds, "0.00") + " s"];
            if (compared)
                cells = [.. cells, method.SpeedUp is double speedUp ? Number(speedUp, "0") + "×" : "–", Number(method.Slope, "0.00")];
            table.AddRow([Markup.Escape(AttributionMethods.Title(method.Name)), .. cells]);
        }

        foreach ((string name, IReadOnlyDictionary<string, double> correlations) in summary.Baselines)
            AddCorrelations(table, name, correlations);
        if (summary.Ceiling.Count > 0)
            AddCorrelations(table, "ceiling: one seed against the others", summary.Ceiling);
        console.Write(table);
    }

    private static void WriteEvaluation(IAnsiConsole console, EvaluationSummary evaluation)
    {
        FigureTable figures = EvaluationReport.Table(evaluation);
        Table table = new Table().Border(TableBorder.Simple).Title("Evaluation against retrained models (docs/evaluation.md)").AddColumn(new TableColumn("method").NoWrap());
        foreach (string heading in figures.Figures)
            table.AddColumn(new TableColumn(heading).RightAligned().Padding(1, 0));
        foreach ((string[] of, double[] values) in figures.Rows)
            table.AddRow([.. of.Select(Markup.Escape), .. values.Select(figures.Shown)]);
        console.Write(table);
        console.WriteLine(EvaluationReport.Retraining(evaluation));
    }

    private static void AddCorrelations(Table table, string name, IReadOnlyDictionary<string, double> correlations)
        => table.AddRow([Markup.Escape(name), .. Views.Select(view => Number(correlations.TryGetValue(view, out double r) ? r : null, "0.00")), "", "", "", ""]);

    private static string Number(double? value, string format) => value is double number && double.IsFinite(number) ? number.ToString(format, CultureInfo.InvariantCulture) : "–";
}
