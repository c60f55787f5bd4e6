using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>What runs many models: the online stage and exact retraining.</summary>
internal static class EnsembleWork
{
    private const int Groups = 50, FewModels = 4, FewSteps = 4, FewImages = 250;

    /// <summary>
    /// models − 1 perturbed models and the control: full-batch steps on the synset with a weight per model and image, then logits of all of
    /// them.
    /// </summary>
    public static IReadOnlyList<Variant> Online(BenchmarkData data, int groups, int models, int steps, int evaluated, NetworkShape shape)
        => Loops(data, shape, ensemble =>
        {
            (Tensor x, Tensor q) = data.Synset(groups, 1);
            (x, q) = (x.flatten(0, 1), q.flatten(0, 1));
            Tensor test = data.Test(evaluated), few = test.narrow(0, 0, Math.Min(FewImages, evaluated));
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
        => Loops(data, shape, ensemble =>
        {
            (Tensor x, Tensor y) = data.PerClass(samples / BenchmarkData.Classes);
            long count = x.shape[0];
            Tensor group = (arange(count, device: data.Device) * Groups).floor_divide(count);
            Tensor[] kept = [.. Enumerable.Range(0, models).Select(left => group.ne(left))];
            return isShort => ensemble.Train(
                x, y, isShort ? kept[..Math.Min(models, FewModels)] : kept, batch, isShort
                ? FewSteps : epochs * (int)((count + batch - 1) / batch), rate: 0.02, momentum: 0.9);
        });

    /// <summary>One model after another. Images of one channel are in all layouts at once.</summary>
    private static IReadOnlyList<Variant> Loops(BenchmarkData data, NetworkShape shape, Func<EnsembleLoop, Work> build)
    {
        return [new("loop, mixed layouts", () => Build(NetworkLayout.Mixed)), new("loop", () => Build(NetworkLayout.Contiguous))];

        Work Build(NetworkLayout layout) => build(new EnsembleLoop(new ConvNet(shape, NormModule.Group, layout, data.Device)));
    }
}
