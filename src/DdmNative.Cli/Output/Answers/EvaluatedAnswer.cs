using DdmNative.Attribution.Evaluation;
using DdmNative.Runs.Reports;
using DdmNative.Runs.Summaries;
using Spectre.Console;

namespace DdmNative.Cli.Output.Answers;

/// <summary>The answer of <c>evaluate</c>: which method did best at what, and the table.</summary>
internal static class EvaluatedAnswer
{
    /// <summary>What is compared, its main figure, and whether less is better.</summary>
    private static readonly (string Task, string Figure, bool LessIsBetter)[] Tasks =
    [
        ("leave-one-out", "total_pearson", false), ("random halves (LDS)", "lds_total", false),
        ("finding what helps", "helpful_removed", false), ("finding what harms", "harmful_removed", true),
        ("single predictions", "flipped", false), ("finding wrong labels", "auroc", false),
    ];

    public static void Write(IAnsiConsole console, RunSummary summary)
    {
        if (summary.Evaluation is not EvaluationSummary evaluation)
            return;
        WriteEvaluation(console, evaluation);
        Lines.WriteFile(console, "Table", summary.Run, "evaluation.md");
    }

    public static void WriteEvaluation(IAnsiConsole console, EvaluationSummary evaluation)
    {
        console.MarkupLineInterpolated($"[bold]{BestOf(evaluation)}[/]");
        FigureTable figures = EvaluationReport.Table(evaluation);
        var table = new FittedTable("Evaluation against retrained models (docs/evaluation.md)", "method",
            [.. figures.Figures.Select((heading, i) => new FittedColumn(heading, i))]);
        foreach ((string[] of, double[] values) in figures.Rows)
            table.Add(of[0], values.Select((value, i) => Shown(figures, value, i)));
        table.Write(console);
        WriteScores(console, evaluation);
        console.WriteLine(EvaluationReport.Retraining(evaluation));
    }

    /// <summary>The linear datamodelling scores by method and subsets, if there are others than halves of the groups.</summary>
    private static void WriteScores(IAnsiConsole console, EvaluationSummary evaluation)
    {
        if (EvaluationReport.Scores(evaluation) is not FigureTable scores)
            return;
        var table = new FittedTable("Linear datamodelling score", scores.Keys[0],
            [.. scores.Keys.Skip(1).Concat(scores.Figures).Select((heading, i) => new FittedColumn(heading, i))]);
        foreach ((string[] of, double[] values) in scores.Rows)
            table.Add(of[0], [.. of.Skip(1), .. values.Select(scores.Shown)]);
        table.Write(console);
    }

    /// <summary>Changes and seconds, which may be small, with significant digits; scores with those of the table.</summary>
    private static string Shown(FigureTable figures, double value, int i) => figures.Figures[i] switch
    {
        ['−', ..] => SignificantDigits.Signed(value),
        [.., ' ', 's'] => SignificantDigits.Of(value),
        _ => figures.Shown(value, i),
    };

    /// <summary>"Best at leave-one-out: head (0.93); at random halves (LDS): influence (0.81)."</summary>
    internal static string BestOf(EvaluationSummary evaluation)
    {
        // References, such as the ceiling, took no time of their own.
        EvaluatedMethod[] methods = [.. evaluation.Methods.Where(method => method.OnlineSeconds is not null)];
        if (methods.Length < 2)
            return "One method: give several with --methods to compare them.";
        var best = new List<string>();
        foreach ((string task, string figure, bool lessIsBetter) in Tasks)
        {
            (string Name, double Value)[] known = [.. methods.Where(method => method.Figures.ContainsKey(figure))
                .Select(method => (method.Name, method.Figures[figure]))];
            if (known.Length < 2)
                continue;
            (string name, double value) = lessIsBetter ? known.MinBy(entry => entry.Value) : known.MaxBy(entry => entry.Value);
            best.Add($"at {task}: {name} ({SignificantDigits.Of(value)})");
        }

        foreach (IGrouping<string, LdsScore> setting in evaluation.Lds
            .Where(score => score.Sample is not null && !score.Setting.IsDefault && methods.Any(method => method.Name == score.Method))
            .GroupBy(score => score.Setting.Title).Where(of => of.Count() > 1))
        {
            LdsScore first = setting.MaxBy(score => score.Sample)!;
            best.Add($"at random subsets ({setting.Key}): {first.Method} ({SignificantDigits.Of(first.Sample!.Value)})");
        }

        return best.Count == 0 ? "No figure that two methods share." : $"Best {string.Join("; ", best)}.";
    }
}
