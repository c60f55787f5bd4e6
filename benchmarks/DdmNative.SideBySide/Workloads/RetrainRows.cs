using System.Text.Json.Nodes;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;

namespace DdmNative.SideBySide.Workloads;

/// <summary>Exact retrainings without a group each, together along the ensemble axis, for one epoch; width 32, batch 64.</summary>
internal static class RetrainRows
{
    private const int Width = 32;
    private const int WholeModels = 8;
    private const int WholeSamples = 4000;

    public static Workload Retrain(int models, int samples, FashionMnist data)
    {
        NetworkOptions options = Setting.Network(Width);
        var recipe = new TrainingOptions(Epochs: 1);
        return new Workload(
            "retrain", (double)models * samples * new NetworkFlops(options).Training,
            new JsonObject
            {
                ["kind"] = "retrain", ["models"] = models, ["samples"] = samples, ["batch"] = recipe.BatchSize, ["epochs"] = recipe.Epochs,
                ["width"] = Width, ["depth"] = Setting.Depth,
            },
            device =>
            {
                var network = Network.Create(options);
                var set = TrainingSet.Create(device, data.Train.PerClassSubset(samples / data.Train.Classes, seed: 1));
                var trainer = new EnsembleTrainer(device, network, set, recipe, models);
                float[] initial = network.Initialise(1);
                return new Prepared(() => trainer.Run(initial, (member, sample) => sample * Setting.Groups / set.Count == member), trainer,
                    set);
            })
        { LeastRatio = 4, IsShortened = models < WholeModels || samples < WholeSamples };
    }
}
