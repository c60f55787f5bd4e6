using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Reports;

/// <summary>
/// The linear datamodelling scores of an evaluation with several shares as charts: <c>evaluation-lds.svg</c>, single predictions against
/// the share that is left out, and <c>evaluation-cost.svg</c>, against each method's time.
/// </summary>
internal static class LdsCharts
{
    internal const string ShareFile = "evaluation-lds.svg", CostFile = "evaluation-cost.svg";

    private const string ScoreAxis = "LDS, mean over single predictions";

    /// <summary>Writes both; removes those of an earlier evaluation if there are no longer several shares of one kind of part.</summary>
    public static void Write(RunFolder run, EvaluationSummary evaluation)
    {
        IGrouping<string, LdsScore>? scores = evaluation.Lds.GroupBy(score => score.SubsetsOf)
            .FirstOrDefault(ofKind => ofKind.Select(score => score.Keep).Distinct().Count() > 1);
        if (scores is null)
        {
            File.Delete(run.PathOf(ShareFile));
            File.Delete(run.PathOf(CostFile));
            return;
        }

        AtomicFile.WriteText(run.PathOf(ShareFile), SvgChart.Lines("Models without random " + scores.Key, $"% of the {scores.Key} left out",
            ScoreAxis, [.. scores.GroupBy(score => score.Method).Select(ofMethod => new ChartSeries(ofMethod.Key,
                [.. ofMethod.OrderByDescending(score => score.Keep).Select(score => (100 * (1 - score.Keep), ValueOf(score)))]))]));
        Dictionary<string, double> seconds = evaluation.Methods.Where(method => method.OnlineSeconds is not null)
            .ToDictionary(method => method.Name, method => method.OnlineSeconds!.Value);
        AtomicFile.WriteText(run.PathOf(CostFile), SvgChart.Lines("Models without random " + scores.Key, "seconds for all effects",
            ScoreAxis, [.. scores.Where(score => score.Method != EvaluationStage.Ceiling && seconds.ContainsKey(score.Method))
                .GroupBy(score => score.Method).Select(ofMethod => new ChartSeries(ofMethod.Key,
                    [.. ofMethod.Select(score => (seconds[ofMethod.Key], ValueOf(score)))]))]));
    }

    private static double ValueOf(LdsScore score) => score.Sample ?? double.NaN;
}
