using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Runs.Jobs;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>The synset modes by name, and what they start from in a run.</summary>
internal static class OnlineModes
{
    private static readonly IOnlineMode[] Modes = [new Repair(), new Replay(), new ControlledReplay(), new Push(), new Forget()];

    /// <summary>The mode of that name; null for the depth dial's methods.</summary>
    public static IOnlineMode? Find(string method) => Modes.FirstOrDefault(mode => mode.Name == AttributionMethods.SynsetMode(method));

    /// <summary>The mode's synset and the target's training.</summary>
    public static OnlineContext Context(StageContext context, Job job, string method, GroupTable groups)
    {
        SynsetRecipe recipe = SynsetRecipe.For(method, job.Matching)!;
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
