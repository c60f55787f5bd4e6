using System.Globalization;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Folders;

namespace DdmNative.Gallery;

/// <summary>A model file of a run (<c>target.safetensors</c>, <c>unlearned.safetensors</c>), applied to the test images.</summary>
internal static class TrainedModel
{
    /// <summary>The logits [M, K].</summary>
    public static float[] Logits(string path, Dataset test)
    {
        IReadOnlyDictionary<string, string> metadata = Safetensors.Read(path).Metadata;
        int Whole(string name) => int.Parse(metadata[name], CultureInfo.InvariantCulture);
        double[] Numbers(string name) => [.. metadata[name].Split(',').Select(part => double.Parse(part, CultureInfo.InvariantCulture))];
        var network = Network.Create(new NetworkOptions(metadata["architecture"], Whole("width"), Whole("depth"),
            new ImageShape(test.Channels, test.Height, test.Width), test.Classes));
        using var device = new CpuDevice();
        using var evaluator = new ModelEvaluator(device, network, new Normalization(Numbers("mean"), Numbers("std")).Apply(test));
        return evaluator.Logits(ParameterFile.Read(path, network), 1);
    }
}
