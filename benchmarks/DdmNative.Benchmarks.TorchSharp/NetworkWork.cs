using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The plain training step and evaluation, as in a tutorial on performance.</summary>
internal static class NetworkWork
{
    private const double Rate = 0.02, Momentum = 0.9;

    public static IReadOnlyList<Variant> TrainStep(BenchmarkData data, int batch, NetworkShape shape) => Norms(norm =>
    {
        var network = new ConvNet(shape, norm, data.Device);
        (Tensor x, Tensor y) = data.Labelled(shape.Channels, shape.Size);
        var optimizer = optim.SGD(network.parameters(), Rate, Momentum);
        return _ =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor rows = randperm(x.shape[0], device: data.Device).narrow(0, 0, batch);
            optimizer.zero_grad();
            functional.cross_entropy(network.forward(x.index_select(0, rows)), y.index_select(0, rows)).backward();
            optimizer.step();
        };
    });

    public static IReadOnlyList<Variant> Forward(BenchmarkData data, int batch, NetworkShape shape) => Norms(norm =>
    {
        var network = new ConvNet(shape, norm, data.Device);
        network.eval();
        Tensor x = data.Labelled(shape.Channels, shape.Size).Images.narrow(0, 0, batch).contiguous();
        return _ =>
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable inference = inference_mode();
            network.forward(x);
        };
    });

    private static IReadOnlyList<Variant> Norms(Func<NormModule, Work> build)
        => [new("group-norm", () => build(NormModule.Group)), new("instance-norm", () => build(NormModule.Instance))];
}
