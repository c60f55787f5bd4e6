using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.SideBySide.Workloads;

/// <summary>One SGD step on a batch (picked from a training set, as in training), and the evaluation of a batch.</summary>
internal static class NetworkRows
{
    public static Workload TrainStep(string name, NetworkOptions options, int batch, FashionMnist data)
    {
        ImageShape image = options.Input;
        return new Workload($"train-step-{name}", batch * new NetworkFlops(options).Training,
            Setting.Request("train-step", options, ("batch", batch)), device =>
        {
            var network = Network.Create(options);
            var set = TrainingSet.Create(device, data.Images(image.Channels, image.Height));
            var trainer = new EnsembleTrainer(device, network, set, new TrainingOptions(BatchSize: batch) { Steps = 1 }, members: 1);
            float[] initial = network.Initialise(1);
            return new Prepared(() => trainer.Run(initial), trainer, set);
        })
        { LeastRatio = image.Channels == 1 ? 2.2 : 3 };
    }

    public static Workload Forward(string name, NetworkOptions options, int evaluated, FashionMnist data)
    {
        return new Workload($"forward-{name}", evaluated * new NetworkFlops(options).Forward,
            Setting.Request("forward", options, ("batch", evaluated)), device =>
        {
            var network = Network.Create(options);
            Dataset images = data.Images(options.Input.Channels, options.Input.Height);
            var evaluator = new ModelEvaluator(device, network, images.Images.AsSpan(0, evaluated * images.ImageSize), evaluated);
            float[] parameters = network.Initialise(1);
            return new Prepared(() => evaluator.Logits(parameters, 1), evaluator);
        })
        { LeastRatio = 4 };
    }
}
