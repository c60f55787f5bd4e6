using System.Globalization;
using DdmNative.Runs.Checkpoints;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Imports a network that was trained elsewhere as the target, instead of <see cref="TrainStage"/>: <c>target.safetensors</c> and, if its
/// training was recorded, <c>trajectory/</c>.
/// </summary>
internal sealed class ImportStage(Job job, ImportedTarget target) : Stage
{
    /// <summary>A random guess is right once in K; below this multiple of that, something is probably wrong.</summary>
    private const double Doubtful = 2;

    public override string Name => TrainStage.StageName;

    public override string Title => $"import {Path.GetFileName(job.Target!.File)} as the target";

    // Seed and training options too: later stages retrain the target with them.
    public override object Settings => new { job.Seed, job.Network, Training = job.Training.Keyed(), Target = target.Sha256 };

    public override StageResult Run(StageContext context)
    {
        IReadOnlyList<string> files = target.Trajectory is null
            ? [] : TrajectoryFiles.Write(context, context.Inputs.Network, target.Trajectory);
        TrainStage.WriteTarget(context, target.Parameters);
        Dictionary<string, double> figures = ModelFigures.OfTest(context, target.Parameters);
        if (figures["test_accuracy"] < Doubtful / context.Inputs.Network.Classes && context.Inputs.Network.Classes > 2)
            context.Listener.Note(string.Create(CultureInfo.InvariantCulture,
                $"The given target classifies only {100 * figures["test_accuracy"]:0.0} % of the test images correctly. Was it trained on "
                + $"images with another normalisation? The images here are normalised with mean "
                + $"{Numbers(context.Inputs.Normalization.Mean)} and deviation {Numbers(context.Inputs.Normalization.Std)}; --mean and "
                + $"--std change it."));
        return new StageResult([TrainStage.TargetFile, .. files], figures);
    }

    private static string Numbers(double[] values)
        => string.Join(", ", values.Select(value => value.ToString("0.####", CultureInfo.InvariantCulture)));
}
