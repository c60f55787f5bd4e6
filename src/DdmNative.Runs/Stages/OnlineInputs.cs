using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>What a synset mode starts from in a run.</summary>
internal static class OnlineInputs
{
    /// <summary>Reads the mode's synset and the target's training.</summary>
    public static OnlineContext Read(StageContext context, Job job, string method, GroupTable groups)
    {
        SynsetRecipe recipe = job.Matching.RecipeFor(method)!;
        IReadOnlyList<PhaseSynset> phases = recipe.Kind == SynsetRecipe.Phases ? DistillStage.ReadPhases(context, recipe) : [];
        Synset synset = phases.Count > 0 ? phases[^1].Synset : DistillStage.Read(context, recipe);
        return new OnlineContext(context.Device, context.Inputs.Network, TrainStage.ReadTarget(context), synset, groups.Sizes)
        {
            Trajectory = TrajectoryFiles.Read(context.Folder, context.Inputs.Network),
            Recipe = RunInputs.Recipe(job),
            Phases = phases,
            Cancellation = context.Stop,
        };
    }
}
