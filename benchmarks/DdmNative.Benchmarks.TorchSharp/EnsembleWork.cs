using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>What runs many models: the online stage and exact retraining.</summary>
internal static class EnsembleWork
{
    private const int Groups = 50, FewModels = 4, FewSteps = 4, FewImages = 250;

    /// <summary>
    /// models − 1 perturbed models and the control: full-batch steps on the synset with a weight per model and image, then logits of all of
    /// them. Batch norms use the running statistics.
    /// </summary>
    public static IReadOnlyList<Variant> Online(BenchmarkData data, int groups, int models, int steps, int evaluated, NetworkShape shape)
        => Loops(data, shape, isTraining: false, (ensemble, layout) =>
        {
            (Tensor x, Tensor q) = data.Synset(groups, 1, shape.Channels, shape.Size);
            (x, q) = (x.flatten(0, 1).In(layout), q.flatten(0, 1));
            Tensor test = data.Test(evaluated, shape.Channels, shape.Size).In(layout);
            Tensor few = test.narrow(0, 0, Math.Min(FewImages, evaluated));
            Tensor weights = full([models, groups], 1.0 / groups, device: data.Device);
            for (int model = 0; model < models - 1; model++)
                weights[model, model] = 0;
            return isShort =>
            {
                ensemble.Descend(x, q, isShort
                    ? weights.narrow(0, 0, Math.Min(models, FewModels)) : weights, isShort ? 2 : steps, rate: 0.05, momentum: 0.9);
                ensemble.Logits(isShort ? few : test);
            };
        });

    /// <summary>Trainings without a group each.</summary>
    public static IReadOnlyList<Variant> Retrain(BenchmarkData data, int models, int samples, int batch, int epochs, NetworkShape shape)
        => Loops(data, shape, isTraining: true, (ensemble, _) =>
        {
            (Tensor x, Tensor y) = data.PerClass(samples / BenchmarkData.Classes);
            long count = x.shape[0];
            Tensor group = (arange(count, device: data.Device) * Groups).floor_divide(count);
            Tensor[] kept = [.. Enumerable.Range(0, models).Select(left => group.ne(left))];
            return isShort => ensemble.Train(
                x, y, isShort ? kept[..Math.Min(models, FewModels)] : kept, batch, isShort
                ? FewSteps : epochs * (int)((count + batch - 1) / batch), rate: 0.02, momentum: 0.9);
        });

    /// <summary>
    /// One model after another, in the layouts that suit the network. The work is built for a layout of the images; those of one channel
    /// are in all layouts at once.
    /// </summary>
    private static IReadOnlyList<Variant> Loops(BenchmarkData data, NetworkShape shape, bool isTraining,
        Func<EnsembleLoop, ImageLayout, Work> build)
    {
        Variant contiguous = new("loop", () => Build(NetworkLayout.Contiguous)),
            other = shape.Kind == ResNet9.Kind
                ? new("loop, channels-last", () => Build(NetworkLayout.ChannelsLast))
                : new("loop, mixed layouts", () => Build(NetworkLayout.Mixed));
        return [other, contiguous];

        Work Build(NetworkLayout layout)
        {
            var network = Classifier.Create(shape, layout, data.Device);
            network.train(isTraining);
            return build(new EnsembleLoop(network), network.FilterLayout);
        }
    }
}
