using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Grouping;
using DdmNative.Attribution.Matching;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>
/// The inputs of every matching: the trajectory, the real groups' gradients, and real images nearest to the (sub-)centres of each group.
/// </summary>
internal sealed class MatchingInputs : IDisposable
{
    private readonly TrainingSet _set;

    public MatchingInputs(StageContext context, Job job, SynsetRecipe recipe)
    {
        RunInputs inputs = context.Inputs;
        GroupTable groups = GroupStage.Read(context);
        // A recipe that uses only the target finds it as the last checkpoint, whether there is one or many.
        Trajectory = TrajectoryFiles.Read(context.Folder, inputs.Network)
            ?? new Trajectory([new Checkpoint(0, TrainStage.ReadTarget(context))]);
        GroupRepresentatives nearest = GroupRepresentatives.Nearest(GroupStage.Features(context).Rows, groups, recipe.PerGroup, job.Seed);
        float labelSmoothing = RunInputs.Recipe(job).LabelSmoothing;
        var start = new SynsetStart(inputs.Network.Input, inputs.Network.Classes, inputs.Train.Images, inputs.Train.Labels)
        {
            LabelSmoothing = labelSmoothing,
        };
        RealImages = start.Nearest(nearest.Samples, recipe.PerGroup);
        Start = job.Matching.Start switch
        {
            JobMatching.MeanStart => start.Means(nearest.SubClusters, recipe.PerGroup),
            JobMatching.NoiseStart => SynsetStart.Noise(RealImages, job.Seed),
            _ => RealImages,
        };
        _set = TrainingSet.Create(context.Device, inputs.Train, labelSmoothing);
        Real = new GroupGradients(context.Device, inputs.Network, _set.Images, _set.Labels, groups.GroupOf, groups.Count);
    }

    public Trajectory Trajectory { get; }

    /// <summary>The initial images of the matching, as set by the job.</summary>
    public Synset Start { get; }

    /// <summary>Real images, unmatched.</summary>
    public Synset RealImages { get; }

    public GroupGradients Real { get; }

    public void Dispose()
    {
        Real.Dispose();
        _set.Dispose();
    }
}
