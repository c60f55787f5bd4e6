using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Grouping;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>Splits every class into clusters, or uses the user's own groups: <c>groups.csv</c>.</summary>
internal sealed class GroupStage(Job job, GroupTable? own) : Stage
{
    public const string StageName = "groups";
    public const string FileName = "groups.csv";

    public override string Name => StageName;

    public override string Title => own is null ? "cluster every class into groups" : "read the given groups";

    public override IReadOnlyList<string> Needs => own is null && job.Groups.Space == "features" ? [TrainStage.StageName] : [];

    // The key contains the content of a file of groups, not its name.
    public override object Settings
        => own is null ? new { job.Seed, job.Groups.PerClass, job.Groups.Space } : new { own.GroupOf, own.Names };

    /// <summary>Reads the groups that the finished stage wrote.</summary>
    public static GroupTable Read(StageContext context) => Read(context.Folder, context.Inputs);

    /// <summary>Reads the groups that the finished stage wrote.</summary>
    public static GroupTable Read(RunFolder folder, RunInputs inputs) => GroupsCsv.Read(folder.PathOf(FileName), inputs.Train);

    /// <summary>[N][d]: the target's penultimate features of the training images.</summary>
    public static FrozenFeatures Features(StageContext context)
        => FrozenFeatures.Compute(context.Device, context.Inputs.Network, context.Inputs.Network.HeadStart, TrainStage.ReadTarget(context),
            context.Inputs.Train.Rows);

    public override double? Work(TrainingPasses passes) => own is null ? passes.Images / 3.0 : 0;

    public override StageResult Run(StageContext context)
    {
        GroupTable groups = own ?? Cluster(context);
        GroupsCsv.Write(context.PathFor(FileName), context.Inputs.Train, groups);
        return new StageResult([FileName], new Dictionary<string, double> { ["groups"] = groups.Count });
    }

    private GroupTable Cluster(StageContext context)
    {
        SampleRows points = job.Groups.Space == "features" ? Features(context).Rows : context.Inputs.Train.Rows;
        return ClusterGroups.Make(points, context.Inputs.Train.Labels,
            new KMeansOptions { Clusters = job.Groups.PerClass, Seed = job.Seed });
    }
}
