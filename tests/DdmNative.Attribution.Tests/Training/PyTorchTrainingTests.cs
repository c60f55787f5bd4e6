using System.Runtime.CompilerServices;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

/// <summary>Ten steps against torch.optim.SGD with CosineAnnealingLR (tests/golden/README.md, "Training").</summary>
public sealed class PyTorchTrainingTests
{
    private static readonly SafetensorsContents Golden = Safetensors.Read(GoldenFile());
    private static readonly Network Network = Network.Create(
        NetworkOptions.ConvNet(new ImageShape(2, 13, 12), classes: 5, width: 8, depth: 2));

    [Fact]
    public void The_schedule_is_CosineAnnealingLR()
    {
        float[] rates = Golden.Tensor("learning_rates", 10).Data;
        Assert.All(Enumerable.Range(0, 10), t => Assert.Equal(rates[t], LearningRateSchedule.At(t, 10, new TrainingOptions(0.05f)), 1e-8f));
    }

    [Fact]
    public void Losses_and_final_parameters_are_PyTorchs()
    {
        int[] labels = [.. Golden.IntegerTensor("y", 24).Data.Select(y => (int)y)];
        int[] order = [.. Golden.IntegerTensor("order", -1).Data.Select(n => (int)n)];
        int[] offsets = [.. Golden.IntegerTensor("batch_offsets", 11).Data.Select(n => (int)n)];
        var batches = new BatchOrder(24, [.. Enumerable.Range(0, 10).Select(t => order[offsets[t]..offsets[t + 1]])]);

        using var device = new CpuDevice(1);
        using TrainingSet set = TrainingSet.Create(device, Golden.Tensor("x", 24, 2, 13, 12).Data, Network.Input.For(1, 24), labels, 5);
        using var trainer = new EnsembleTrainer(device, Network, set, new TrainingOptions(0.05f) { Steps = 10 }, members: 1,
            trackLoss: true, batches);
        var losses = new List<double>();
        trainer.Run(Vector("initial"), onStep: (_, _) => losses.Add(trainer.BatchLosses()[0]));

        float[] expectedLosses = Golden.Tensor("losses", 10).Data;
        Assert.All(Enumerable.Range(0, 10), t => Assert.InRange(losses[t] / expectedLosses[t], 1 - 1e-4, 1 + 1e-4));
        float[] expected = Vector("final"), moved = [.. expected.Zip(Vector("initial"), (a, b) => a - b)];
        float[] error = [.. trainer.Parameters.Zip(expected, (a, b) => a - b)];
        Assert.InRange(Norm(error) / Norm(moved), 0, 1e-4);
    }

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(v => (double)v * v));

    private static float[] Vector(string prefix)
    {
        var vector = new float[Network.ParameterCount];
        foreach (ParameterTensor parameter in Network.Parameters)
            Golden.Tensor($"{prefix}.{parameter.Name}", [.. parameter.Shape]).Data.CopyTo(vector, parameter.Offset);
        return vector;
    }

    private static string GoldenFile([CallerFilePath] string thisFile = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "golden", "training.safetensors"));
}
