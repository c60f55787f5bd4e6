using System.Runtime.CompilerServices;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

/// <summary>
/// Ten steps against torch.optim.SGD with CosineAnnealingLR, and with the options of a recipe for real accuracy (tests/golden/README.md,
/// "Training").
/// </summary>
public sealed class PyTorchTrainingTests
{
    private static readonly Network Network = Network.Create(
        NetworkOptions.ConvNet(new ImageShape(2, 13, 12), classes: 5, width: 8, depth: 2));

    private static readonly Dictionary<string, TrainingOptions> Recipes = new()
    {
        ["training"] = new TrainingOptions(0.05f) { Steps = 10 },
        ["training_recipe"] = new TrainingOptions(0.05f)
        {
            Steps = 10,
            WeightDecay = 0.05f,
            Nesterov = true,
            Schedule = LearningRateShape.OneCycle,
            LabelSmoothing = 0.2f,
        },
    };

    public static TheoryData<string> Names => [.. Recipes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_learning_rates_are_PyTorchs(string name)
    {
        float[] rates = ReadGolden(name).Tensor("learning_rates", 10).Data;
        Assert.All(Enumerable.Range(0, 10), t => Assert.Equal(rates[t], LearningRateSchedule.At(t, 10, Recipes[name]), 1e-8f));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Losses_and_final_parameters_are_PyTorchs(string name)
    {
        SafetensorsContents golden = ReadGolden(name);
        TrainingOptions recipe = Recipes[name];
        int[] labels = [.. golden.IntegerTensor("y", 24).Data.Select(y => (int)y)];
        int[] order = [.. golden.IntegerTensor("order", -1).Data.Select(n => (int)n)];
        int[] offsets = [.. golden.IntegerTensor("batch_offsets", 11).Data.Select(n => (int)n)];
        var batches = new BatchOrder(24, [.. Enumerable.Range(0, 10).Select(t => order[offsets[t]..offsets[t + 1]])]);
        float[] initial = Vector(golden, "initial");

        using var device = new CpuDevice(1);
        using TrainingSet set = TrainingSet.Create(device, golden.Tensor("x", 24, 2, 13, 12).Data, Network.Input.For(1, 24), labels, 5,
            labelSmoothing: recipe.LabelSmoothing);
        using var trainer = new EnsembleTrainer(device, Network, set, recipe, members: 1, trackLoss: true, batches);
        var losses = new List<double>();
        trainer.Run(initial, onStep: (_, _) => losses.Add(trainer.BatchLosses()[0]));

        float[] expectedLosses = golden.Tensor("losses", 10).Data;
        Assert.All(Enumerable.Range(0, 10), t => Assert.InRange(losses[t] / expectedLosses[t], 1 - 1e-4, 1 + 1e-4));
        Assert.InRange(Error(trainer.Parameters, Vector(golden, "final"), initial), 0, 1e-4);
        float[] velocity = Vector(golden, "velocity");
        Assert.InRange(Error(trainer.Velocity, velocity, new float[velocity.Length]), 0, 1e-4);
    }

    /// <summary>The distance to what was expected, as a share of how far that is from its start.</summary>
    private static double Error(float[] values, float[] expected, float[] start)
        => Norm([.. values.Zip(expected, (a, b) => a - b)]) / Norm([.. expected.Zip(start, (a, b) => a - b)]);

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(v => (double)v * v));

    private static float[] Vector(SafetensorsContents golden, string prefix)
    {
        var vector = new float[Network.ParameterCount];
        foreach (ParameterTensor parameter in Network.Parameters)
            golden.Tensor($"{prefix}.{parameter.Name}", [.. parameter.Shape]).Data.CopyTo(vector, parameter.Offset);
        return vector;
    }

    private static SafetensorsContents ReadGolden(string name, [CallerFilePath] string thisFile = "")
        => Safetensors.Read(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "golden", name + ".safetensors")));
}
