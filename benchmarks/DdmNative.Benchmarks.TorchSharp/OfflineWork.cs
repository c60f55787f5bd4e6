using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>
/// The whole offline stage of the demo: target, features, groups, real gradients, and a synset of one image per group matched to them.
/// </summary>
internal static class OfflineWork
{
    private const int GroupsPerClass = 5, EvaluationBatch = 500;

    public static IReadOnlyList<Variant> Total(BenchmarkData data, int samples, int batch, int epochs, int matchingSteps,
        NetworkShape shape)
    {
        return [Way("grouped, mixed layouts", NetworkLayout.Mixed, Grouped), Way("grouped", NetworkLayout.Contiguous, Grouped),
            Way("loop", NetworkLayout.Contiguous, network => new LoopedMatching(network))];

        static IMatchingGradients Grouped(Classifier network) => new GroupedMatching(network, BenchmarkData.Classes * GroupsPerClass);

        Variant Way(string name, NetworkLayout layout, Func<Classifier, IMatchingGradients> matching) => new(name, () =>
        {
            (Tensor x, Tensor y) = data.PerClass(samples / BenchmarkData.Classes);
            Tensor onehot = BenchmarkData.OneHot(y), everything = ones(x.shape[0], dtype: ScalarType.Bool, device: data.Device);
            return isShort =>
            {
                using var start = Classifier.Create(shape, layout, data.Device);
                using var trainer = new EnsembleLoop(start);
                trainer.Train(x, y, [everything], batch, isShort
                    ? 4 : epochs * (int)((x.shape[0] + batch - 1) / batch), rate: 0.02, momentum: 0.9);
                Classifier target = trainer.Networks[0];
                Tensor features;
                using (no_grad())
                    features = cat([.. x.split(EvaluationBatch).Select(target.ComputeFeatures)]);
                (Tensor groups, Tensor nearest) = GroupAndChoose(features, y);
                var loop = new LoopedMatching(target);
                IList<Tensor>[] real =
                    [.. Enumerable.Range(0, BenchmarkData.Classes * GroupsPerClass).Select(group => groups.eq(group).nonzero().flatten())
                        .Select(rows => loop.GroupGradients(x.index_select(0, rows), onehot.index_select(0, rows)))];
                Tensor[] targets = [.. Enumerable.Range(0, real[0].Count)
                    .Select(parameter => stack([.. real.Select(gradients => gradients[parameter])]))];
                Action update = MatchingWork.Updates(matching(target), x.index_select(0, nearest).unsqueeze(1),
                    onehot.index_select(0, nearest).unsqueeze(1), targets);
                for (int step = 0; step < (isShort ? 2 : matchingSteps); step++)
                    update();
            };
        });
    }

    /// <summary>Groups [N], five clusters a class, and of each group the sample nearest its centre [G].</summary>
    private static (Tensor Groups, Tensor Nearest) GroupAndChoose(Tensor features, Tensor labels)
    {
        Tensor groups = empty_like(labels);
        var nearest = new List<Tensor>();
        for (int label = 0; label < BenchmarkData.Classes; label++)
        {
            Tensor rows = labels.eq(label).nonzero().flatten();
            Tensor points = features.index_select(0, rows);
            (Tensor assigned, Tensor centres) = KMeans.Cluster(points, GroupsPerClass);
            groups.index_copy_(0, rows, assigned + label * GroupsPerClass);
            Tensor distances = cdist(points, centres);
            for (int cluster = 0; cluster < GroupsPerClass; cluster++)
                nearest.Add(rows[distances.select(1, cluster).masked_fill(assigned.ne(cluster), double.PositiveInfinity).argmin()]);
        }
        return (groups, stack(nearest));
    }
}
