using System.Text.Json.Nodes;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.SideBySide.Workloads;

/// <summary>
/// One SGD step on a batch (picked from a training set, as in training), and the evaluation of a batch; width 128, depth 3.
/// </summary>
internal static class NetworkRows
{
    private const int Width = 128;
    private const int Depth = 3;
    private const int Classes = 10;

    public static Workload TrainStep(int batch, int channels, int size, FashionMnist data)
    {
        NetworkOptions options = Options(channels, size);
        return new Workload($"train-step-{size}x{size}x{channels}", batch * new NetworkFlops(options).Training,
            Torch("train-step", batch, channels, size), device =>
        {
            var network = Network.Create(options);
            var set = TrainingSet.Create(device, data.Images(channels, size));
            var trainer = new EnsembleTrainer(device, network, set, new TrainingOptions(BatchSize: batch) { Steps = 1 }, members: 1);
            float[] initial = network.Initialise(1);
            return new Prepared(() => trainer.Run(initial), trainer, set);
        })
        { LeastRatio = channels == 1 ? 2.2 : 3 };
    }

    public static Workload Forward(int evaluated, int channels, int size, FashionMnist data)
    {
        NetworkOptions options = Options(channels, size);
        return new Workload($"forward-{size}x{size}x{channels}", evaluated * new NetworkFlops(options).Forward,
            Torch("forward", evaluated, channels, size), device =>
        {
            var network = Network.Create(options);
            Dataset images = data.Images(channels, size);
            var evaluator = new ModelEvaluator(device, network, images.Images.AsSpan(0, evaluated * images.ImageSize), evaluated);
            float[] parameters = network.Initialise(1);
            return new Prepared(() => evaluator.Logits(parameters, 1), evaluator);
        })
        { LeastRatio = 4 };
    }

    private static NetworkOptions Options(int channels, int size)
        => NetworkOptions.ConvNet(new ImageShape(channels, size, size), Classes, Width, Depth);

    private static JsonObject Torch(string kind, int batch, int channels, int size)
        => new() { ["kind"] = kind, ["batch"] = batch, ["channels"] = channels, ["size"] = size, ["width"] = Width, ["depth"] = Depth };
}
