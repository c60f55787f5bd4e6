using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>A request to a method, with what a run has for it.</summary>
internal static class MethodRequest
{
    private const string DerivativeFolder = "derivatives";

    /// <summary>Creates a request.</summary>
    /// <param name="context">The run; training and groups are finished.</param>
    /// <param name="job">The job.</param>
    /// <param name="parts">The matrix's columns.</param>
    /// <param name="objectives">The matrix's rows.</param>
    /// <param name="pieces">Pieces of the work that were kept.</param>
    /// <param name="onFigure">Receives what the method has found of itself.</param>
    /// <param name="readsSynsets">Whether the run has distilled the method's synset for these parts.</param>
    /// <param name="removals">What a method that makes models leaves out; null for each part alone.</param>
    /// <param name="onProgress">Called in place of the run's listener; null for that.</param>
    public static MethodContext Create(
        StageContext context, Job job, GroupTable parts, IReadOnlyList<Objective> objectives, PieceWork pieces,
        Action<string, double>? onFigure,
        bool readsSynsets, IReadOnlyList<int[]>? removals = null,
        Action<double, double, string>? onProgress = null)
    {
        RunInputs inputs = context.Inputs;
        return new MethodContext(
            context.Device, inputs.Network, inputs.Train, inputs.Test, parts, objectives, RunInputs.Recipe(job))
        {
            Target = TrainStage.ReadTarget(context),
            Trajectory = TrajectoryFiles.Read(context.Folder, inputs.Network),
            Seed = job.Seed,
            LargestWave = context.Settings.LargestWave,
            MemoryLimit = context.Settings.MemoryLimit,
            Pieces = pieces,
            Identity = RetrainedModels.IdentityOf(context),
            Models = RetrainedModels.StoreOf(context),
            Derivatives = new DerivativeStore(context.Folder.PathOf(DerivativeFolder)),
            Matching = job.Matching.Defaults,
            OnFigure = onFigure,
            OnProgress = onProgress ?? context.Listener.Progress,
            OnWarning = context.Listener.Note,
            IsTested = job.Evaluation is JobEvaluation evaluation && evaluation.Metrics.Contains(EvaluationMetrics.LinearDatamodeling),
            Cancellation = context.Stop,
            Removals = removals,
            Synsets = readsSynsets ? new RunSynsets(context) : null,
        };
    }

    /// <summary>The synsets that the run's stages have distilled.</summary>
    private sealed class RunSynsets(StageContext context) : ISynsets
    {
        public Synset Images(SynsetRecipe recipe)
            => recipe.Kind == SynsetRecipe.Phases ? Phases(recipe)[^1].Synset : DistillStage.Read(context, recipe);

        public IReadOnlyList<PhaseSynset> Phases(SynsetRecipe recipe)
            => recipe.Kind == SynsetRecipe.Phases ? DistillStage.ReadPhases(context, recipe) : [];

        public FeatureSynset Features(SynsetRecipe recipe) => DistillStage.ReadFeatures(context, recipe);
    }
}
