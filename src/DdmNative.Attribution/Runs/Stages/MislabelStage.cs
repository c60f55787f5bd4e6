using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Runs.Jobs;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>
/// Wrong labels planted in the training set, and how well each method finds them: the whole job again with label noise in a run of its own, <c>mislabelled/</c>, its samples ranked by the
/// effect of their group on the total loss, the most harmful first. Beside the methods, what they must beat: the loss of each training sample itself.
/// </summary>
internal sealed class MislabelStage(Job job, JobEvaluation evaluation) : EvaluationStage(EvaluationMetrics.Mislabel, job, evaluation)
{
    private const string FolderName = "mislabelled", SamplesFile = "evaluation/mislabel-samples.csv";

    public override string Title => $"find {Evaluation.LabelNoise.ToString("0.##%", CultureInfo.InvariantCulture)} wrong labels";

    public override IReadOnlyList<string> Needs => [GroupStage.StageName];

    public override object Settings => new { Noisy.Seed, Noisy.Data.LabelNoise, DataSeed = Noisy.Data.Seed, Noisy.Network, Noisy.Training, Noisy.Groups, Noisy.Matching, Noisy.Attribution.Methods };

    /// <summary>The same job on noisy labels, with nothing in it but the attribution of the total loss.</summary>
    private Job Noisy => Job with
    {
        Data = Job.Data with { LabelNoise = Evaluation.LabelNoise },
        Attribution = Job.Attribution with { Objectives = [new Objective(ObjectiveKind.Loss).Name] },
        Validation = new JobValidation(),
        Evaluation = null,
        Unlearning = null,
    };

    public override StageResult Run(StageContext context)
    {
        string folder = context.Folder.PathOf(FolderName);
        Runner.Run(folder, Noisy, RunGoal.Attribute, context.Settings with { PyTorch = null }, context.Device, new NestedListener(FolderName, context.Listener), context.Stop);
        RunInputs inputs = RunInputs.Load(Noisy);
        using RunFolder run = RunFolder.Open(folder);
        StageContext nested = context with { Folder = run, Job = Noisy, Inputs = inputs };
        bool[] planted = inputs.Planted!;
        GroupTable groups = GroupStage.Read(nested);
        var table = new FigureTable(["method"], [("auroc", "0.00"), ("average_precision", "0.00"), ("chance", "0.00")]);
        var figures = new Dictionary<string, double>();
        var scores = new List<(string Method, double[] Scores)>();
        var loss = new Objective(ObjectiveKind.Loss);
        foreach ((string method, AttributionMatrix effects) in Effects(nested, [loss]))
        {
            // F(with) − F(without): what raises the loss harms, and is suspected first.
            double[] row = effects.Row(loss.Name);
            scores.Add((method, [.. groups.GroupOf.Select(group => row[group])]));
        }

        scores.Add((OwnLoss, LossOfEach(nested)));
        foreach ((string method, double[] ofSamples) in scores)
        {
            (double auroc, double precision) = (Detection.Auroc(ofSamples, planted), Detection.AveragePrecision(ofSamples, planted));
            table.Add([method], auroc, precision, planted.Count(mark => mark) / (double)planted.Length);
            figures.Add(FigureOf("auroc", method), auroc);
            figures.Add(FigureOf("average_precision", method), precision);
        }

        WriteSamples(context.PathFor(SamplesFile), inputs, planted, groups, scores);
        return Result(context, table, figures, null, SamplesFile);
    }

    /// <summary>[N]: the target's loss on each training sample under the label it was given.</summary>
    private static double[] LossOfEach(StageContext nested)
    {
        RunInputs inputs = nested.Inputs;
        using var evaluator = new ModelEvaluator(nested.Device, inputs.Network, inputs.Train.Images, inputs.Train.Count);
        float[] logits = evaluator.Logits(TrainStage.ReadTarget(nested), 1);
        return [.. Enumerable.Range(0, inputs.Train.Count).Select(n => new Objective(ObjectiveKind.Loss, ofSamples: [n]).Evaluate(logits, inputs.Train.Labels))];
    }

    private static void WriteSamples(string path, RunInputs inputs, bool[] planted, GroupTable groups, List<(string Method, double[] Scores)> scores)
    {
        var table = new FigureTable(["sample", "label", "planted", "group"], [.. scores.Select(score => (score.Method, "R"))]);
        for (int n = 0; n < planted.Length; n++)
        {
            int[] of = [inputs.Train.SourceIndices[n], inputs.Train.Labels[n], planted[n] ? 1 : 0, groups.GroupOf[n]];
            table.Add([.. of.Select(number => number.ToString(CultureInfo.InvariantCulture))], [.. scores.Select(score => score.Scores[n])]);
        }

        AtomicFile.WriteText(path, table.Csv());
    }
}
