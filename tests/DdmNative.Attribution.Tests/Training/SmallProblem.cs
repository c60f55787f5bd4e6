using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;

namespace DdmNative.Attribution.Tests.Training;

/// <summary>A network, a data set with known groups and a device, small enough that a training takes milliseconds.</summary>
internal sealed class SmallProblem : IDisposable
{
    public SmallProblem(int threads = 1)
    {
        Device = new CpuDevice(threads);
        var options = new GeneratedOptions { Classes = 3, PerClass = 18, TestPerClass = 7, Size = 8, ClustersPerClass = 2 };
        (Train, Test) = GeneratedDataset.Make(options);
        Set = TrainingSet.Create(Device, Train);
        int[] groupOf = [.. Enumerable.Range(0, Train.Count).Select(n => 2 * Train.Labels[n] + GeneratedDataset.ClusterOf(options, n))];
        Groups = new GroupTable(groupOf, [0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]);
    }

    public Device Device { get; }

    public Dataset Train { get; }

    public Dataset Test { get; }

    public TrainingSet Set { get; }

    public GroupTable Groups { get; }

    public Network Network { get; } = Network.Create(NetworkOptions.ConvNet(new ImageShape(1, 8, 8), classes: 3, width: 5, depth: 2));

    /// <summary>54 samples in batches of 16: every epoch ends with a short one.</summary>
    public TrainingOptions Recipe { get; } = new(LearningRate: 0.05f, BatchSize: 16, Epochs: 3, Seed: 7);

    public void Dispose()
    {
        Set.Dispose();
        Device.Dispose();
    }
}
