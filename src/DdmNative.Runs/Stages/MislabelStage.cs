using System.Globalization;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Inserts wrong labels into the training set, and measures how well each method detects them. The whole job is repeated with label noise
/// in separate runs, and the samples are ranked by their effect on the total loss, the most harmful first. Methods that compute the effects
/// of all single samples at one cost do so (<see cref="MethodRegistry.PerSample"/>, <c>mislabelled/samples/</c>); with the others a sample
/// has the effect of its group (<c>mislabelled/groups/</c>). The baseline is the loss of each training sample itself.
/// </summary>
internal sealed class MislabelStage(Job job, JobEvaluation evaluation) : EvaluationStage(EvaluationMetrics.Mislabel, job, evaluation)
{
    private const string FolderName = "mislabelled", SamplesFile = "evaluation/mislabel-samples.csv";

    private static readonly Objective Loss = new(ObjectiveKind.Loss);

    public override string Title => $"find {Evaluation.LabelNoise.ToString("0.##%", CultureInfo.InvariantCulture)} wrong labels";

    public override IReadOnlyList<string> Needs => [GroupStage.StageName];

    public override object Settings
        => new { Job.Seed, Evaluation.LabelNoise, DataSeed = Job.Data.Seed, Job.Network, Training = Job.Training.Keyed(), Job.Groups,
            Job.Matching, Job.Attribution.Methods };

    public override ShardWork InShard => ShardWork.Dealt;

    public override string Folder => FolderName;

    /// <summary>None of its own: the inner runs report what they find.</summary>
    public override string? Kept(StageContext context) => null;

    /// <summary>Wrong labels make classes smaller.</summary>
    public override void Check(RunInputs inputs)
    {
        if (inputs.OwnGroups is null && Job.Data.LabelNoise == 0)
            RunInputs.RequireClusters(Job, LabelNoise.Plant(inputs.Train, Evaluation.LabelNoise, Job.Data.Seed).Data);
    }

    public override StageResult Run(StageContext context)
    {
        var scores = new Dictionary<string, double[]>();
        RunInputs? inputs = null;
        foreach (IGrouping<bool, string> methods in Job.Attribution.Methods.GroupBy(
            method => MethodRegistry.Find(method) is { IsPerSample: true }).OrderBy(of => of.Key))
        {
            string name = $"{FolderName}/{(methods.Key ? "samples" : "groups")}";
            Job noisy = Noisy([.. methods], methods.Key ? Granularity.Sample : Granularity.Group);
            Runner.Run(context.Folder.PathOf(name), noisy, RunGoal.Attribute,
                context.Settings with { PyTorch = null, Shard = null, From = null, KnowsData = true }, context.Device,
                new NestedListener(name, context.Listener), context.Stop);
            using RunFolder run = RunFolder.Open(context.Folder.PathOf(name));
            inputs = RunInputs.Load(noisy, RunGoal.Attribute);
            StageContext nested = context with { Folder = run, Job = noisy, Inputs = inputs };
            GroupTable parts = MethodStage.Parts(nested);
            foreach ((string method, AttributionMatrix effects) in Effects(nested, [Loss]))
            {
                // F(with) − F(without): a sample that raises the loss is harmful, and is ranked first.
                double[] row = effects.Row(Loss.Name);
                scores.Add(method, [.. parts.GroupOf.Select(part => row[part])]);
            }

            scores[OwnLoss] = LossOfEach(nested);
        }

        bool[] planted = inputs!.Planted!;
        string[] names = [.. Job.Attribution.Methods, OwnLoss];
        var table = new FigureTable(["method"], [("auroc", "0.00"), ("average_precision", "0.00"), ("chance", "0.00")]);
        var figures = new Dictionary<string, double>();
        foreach (string name in names)
        {
            (double auroc, double precision) = (Detection.Auroc(scores[name], planted), Detection.AveragePrecision(scores[name], planted));
            table.Add([name], auroc, precision, planted.Count(mark => mark) / (double)planted.Length);
            figures.Add(FigureOf("auroc", name), auroc);
            figures.Add(FigureOf("average_precision", name), precision);
        }

        WriteSamples(context.PathFor(SamplesFile), inputs, planted, names, scores);
        return Result(context, table, figures, null, SamplesFile);
    }

    /// <summary>The same job on noisy labels, reduced to the attribution of the total loss.</summary>
    private Job Noisy(IReadOnlyList<string> methods, string granularity) => Job with
    {
        // An imported target was trained on the correct labels: here one is trained on the wrong ones.
        Target = null,
        Data = Job.Data with { LabelNoise = Evaluation.LabelNoise },
        Attribution = new JobAttribution { Methods = methods, Objectives = [Loss.Name], Granularity = granularity,
        Samples = JobAttribution.NoSamples },
        Validation = new JobValidation(),
        Evaluation = null,
        Unlearning = null,
    };

    /// <summary>[N]: the target's loss on each training sample under the label it was given.</summary>
    private static double[] LossOfEach(StageContext nested)
    {
        RunInputs inputs = nested.Inputs;
        using var evaluator = new ModelEvaluator(nested.Device, inputs.Network, inputs.Train);
        var objective = new Objective(ObjectiveKind.Loss);
        var losses = new double[inputs.Train.Count];
        evaluator.Visit(TrainStage.ReadTarget(nested), 1,
            (_, n, logits) => losses[n] = objective.Evaluate(logits, inputs.Train.Labels.AsSpan(n, 1)));
        return losses;
    }

    private static void WriteSamples(string path, RunInputs inputs, bool[] planted, string[] names, Dictionary<string, double[]> scores)
    {
        var table = new FigureTable(["sample", "label", "planted"], [.. names.Select(name => (name, "R"))]);
        for (int n = 0; n < planted.Length; n++)
        {
            int[] of = [inputs.Train.SourceIndices[n], inputs.Train.Labels[n], planted[n] ? 1 : 0];
            table.Add([.. of.Select(number => number.ToString(CultureInfo.InvariantCulture))], [.. names.Select(name => scores[name][n])]);
        }

        AtomicFile.WriteText(path, table.Csv());
    }
}
