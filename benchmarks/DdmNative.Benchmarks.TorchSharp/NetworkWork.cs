using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The plain training step and evaluation, as in a tutorial on performance.</summary>
internal static class NetworkWork
{
    private const double Rate = 0.02, Momentum = 0.9;

    public static IReadOnlyList<Variant> TrainStep(BenchmarkData data, int batch, NetworkShape shape) => Variants(data, shape, network =>
    {
        (Tensor x, Tensor y) = data.Labelled(shape.Channels, shape.Size);
        var optimizer = optim.SGD(network.parameters(), Rate, Momentum);
        return _ =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor rows = randperm(x.shape[0], device: data.Device).narrow(0, 0, batch);
            optimizer.zero_grad();
            Tensor images = x.index_select(0, rows).In(network.FilterLayout);
            functional.cross_entropy(network.forward(images), y.index_select(0, rows)).backward();
            optimizer.step();
        };
    });

    public static IReadOnlyList<Variant> Forward(BenchmarkData data, int batch, NetworkShape shape) => Variants(data, shape, network =>
    {
        network.eval();
        Tensor x = data.Labelled(shape.Channels, shape.Size).Images.narrow(0, 0, batch).In(network.FilterLayout);
        return _ =>
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable inference = inference_mode();
            network.forward(x);
        };
    });

    private static IReadOnlyList<Variant> Variants(BenchmarkData data, NetworkShape shape, Func<Classifier, Work> build)
    {
        if (shape.Kind == ResNet9.Kind)
            return [With("channels-last", NetworkLayout.ChannelsLast), With("contiguous", NetworkLayout.Contiguous)];
        Variant group = With("group-norm", NetworkLayout.Contiguous), mixed = With("group-norm, mixed layouts", NetworkLayout.Mixed);
        // At a size that is a power of two, the change of layout reads and writes few sets of the cache, which makes it slow.
        Variant[] best = int.IsPow2(shape.Size) ? [group, mixed] : [mixed, group];
        return [.. best, With("instance-norm", NetworkLayout.Contiguous, NormModule.Instance),
            With("group-norm, channels-last", NetworkLayout.ChannelsLast)];

        Variant With(string name, NetworkLayout layout, NormModule norm = NormModule.Group)
            => new(name, () => build(Classifier.Create(shape, layout, data.Device, norm)));
    }
}
