using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Datasets.Rows;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Tests.Datasets.Rows;
using DdmNative.Attribution.Training;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;

namespace DdmNative.Attribution.Tests.Methods;

/// <summary>Overlapping clouds of features, and a head that is trained on them: softmax regression, or one hidden layer.</summary>
internal sealed class FeatureProblem : IDisposable
{
    public const int Columns = 5, Classes = 3, TrainCount = 240, TestCount = 60;

    private readonly int[] _labels = [.. Enumerable.Range(0, TrainCount).Select(n => n % Classes)];
    private readonly int[] _testLabels = [.. Enumerable.Range(0, TestCount).Select(n => n % Classes)];

    /// <param name="isInMemory">Whether the features are a dataset in memory; otherwise they are read row by row.</param>
    /// <param name="depth">Hidden layers; softmax regression has none.</param>
    /// <param name="recipe">The training; null for a short one.</param>
    public FeatureProblem(bool isInMemory, int depth = 0, TrainingOptions? recipe = null)
    {
        Network = Network.Create(new NetworkOptions(depth == 0 ? "logistic" : "mlp", 7, depth, new ImageShape(Columns, 1, 1), Classes));
        Recipe = recipe ?? new TrainingOptions(LearningRate: 0.05f, BatchSize: 32, Epochs: 2, Seed: 5);
        Train = Data(isInMemory, _labels, stream: 1);
        Test = Data(isInMemory, _testLabels, stream: 2);
        int[] groupOf = [.. _labels.Select((label, n) => label + Classes * (n / Classes % 2))];
        Groups = new GroupTable(groupOf, [0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1]);
        using var set = TrainingSet.Create(Device, Train);
        int steps = Recipe.TotalSteps(TrainCount);
        Trajectory = TargetTraining.Run(Device, Network, set, Recipe, [0, steps / 2, steps]).Trajectory;
    }

    public Device Device { get; } = new CpuDevice(2);

    public Network Network { get; }

    public TrainingOptions Recipe { get; }

    public Dataset Train { get; }

    public Dataset Test { get; }

    public GroupTable Groups { get; }

    public Trajectory Trajectory { get; }

    /// <summary>θ_T.</summary>
    public float[] Target => Trajectory.Checkpoints[^1].Parameters;

    /// <summary>A request on the problem.</summary>
    public MethodContext Request(GroupTable? parts = null, IReadOnlyList<Objective>? objectives = null)
        => new(Device, Network, Train, Test, parts ?? Groups, objectives ?? Objective.Defaults(Test.Labels), Recipe)
        {
            Target = Target,
            Trajectory = Trajectory,
            Seed = Recipe.Seed,
        };

    public void Dispose() => Device.Dispose();

    private static Dataset Data(bool isInMemory, int[] labels, uint stream)
    {
        var values = new float[labels.Length * Columns];
        for (int i = 0; i < values.Length; i++)
        {
            // A sum of four uniform numbers around a centre of the class.
            (int n, int j) = (i / Columns, i % Columns);
            double noise = Enumerable.Range(0, 4).Sum(k => Philox.Uniform(11, stream, (ulong)(4 * i + k)) - 0.5);
            values[i] = (float)(2 * noise + (j % Classes == labels[n] ? 0.7 : 0));
        }

        return isInMemory
            ? new Dataset("memory", values, labels, Columns, 1, 1, Classes)
            : Dataset.OfFeatures("rows", new HostRows(new ArrayRows(values, Columns)), labels, Classes);
    }
}
