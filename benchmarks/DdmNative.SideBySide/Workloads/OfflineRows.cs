using System.Text.Json.Nodes;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Grouping;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.SideBySide.Workloads;

/// <summary>
/// The offline stage of the demo: train the target, compute its features, cluster every class into five groups, take the real groups'
/// gradients, and match a synset of one image per group to them (forward form, as `repair` needs it).
/// </summary>
internal static class OfflineRows
{
    private const int Width = 32;
    private const int WholeEpochs = 8;

    public static Workload Total(int samples, int epochs, int matchingSteps, FashionMnist data)
    {
        NetworkOptions options = Setting.Network(Width);
        var recipe = new TrainingOptions(Epochs: epochs);
        var flops = new NetworkFlops(options);
        return new Workload(
            "offline-total", samples * ((epochs + 1) * flops.Training + flops.Forward) + (double)matchingSteps * Setting.Groups
            * flops.Matching,
            new JsonObject
            {
                ["kind"] = "offline-total", ["samples"] = samples, ["batch"] = recipe.BatchSize, ["epochs"] = epochs,
                ["matching_steps"] = matchingSteps,
                ["width"] = Width, ["depth"] = Setting.Depth,
            },
            device =>
            {
                Dataset train = data.Train.PerClassSubset(samples / data.Train.Classes, seed: 1);
                return new Prepared(() => Run(device, Network.Create(options), train, recipe, matchingSteps));
            })
        { LeastRatio = 4, IsShortened = epochs < WholeEpochs };
    }

    private static void Run(Device device, Network network, Dataset train, TrainingOptions recipe, int matchingSteps)
    {
        using var set = TrainingSet.Create(device, train);
        TrainedTarget target = TargetTraining.Run(device, network, set, recipe);
        float[] features = FrozenFeatures.Compute(device, network, network.HeadStart, target.Final, train.Images).Values;
        GroupTable groups = ClusterGroups.Make(features, train.Labels,
            new KMeansOptions { Clusters = Setting.Groups / train.Classes, Seed = recipe.Seed });
        GroupRepresentatives nearest = GroupRepresentatives.Nearest(features, groups, perGroup: 1, recipe.Seed);
        Synset start = new SynsetStart(network.Input, network.Classes, train.Images, train.Labels).Nearest(nearest.Samples, perGroup: 1);
        using var real = new GroupGradients(device, network, set.Images, set.Labels, groups.GroupOf, groups.Count);
        new GradientMatcher(device, network, new MatchingOptions(Steps: matchingSteps)).Match(start, target.Trajectory.Checkpoints[^1],
            real);
    }
}
