using System.Globalization;
using System.Runtime.CompilerServices;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Training;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;

namespace DdmNative.Attribution.Tests.Methods;

/// <summary>The tiny problem of <c>tests/golden/methods.py</c>, with what PyTorch says about it.</summary>
internal sealed class GoldenProblem : IDisposable
{
    private readonly SafetensorsContents _file = Safetensors.Read(Path.Combine(Folder(), "methods.safetensors"));

    /// <param name="threads">Of the device.</param>
    /// <param name="recordsAllSteps">
    /// Whether the trajectory has every step, as `controlled-replay` needs it: the training is then done here, and not PyTorch's.
    /// </param>
    /// <param name="change">Changes the recipe with which the target is trained here.</param>
    public GoldenProblem(int threads = 2, bool recordsAllSteps = false, Func<TrainingOptions, TrainingOptions>? change = null)
    {
        Device = new CpuDevice(threads);
        int classes = Whole("classes");
        Network = Network.Create(NetworkOptions.ConvNet(new ImageShape(1, 8, 8), classes, Whole("width"), Whole("depth")));
        Train = new Dataset("golden/train", Tensor("x"), Integers("y"), 1, 8, 8, classes);
        Test = new Dataset("golden/test", Tensor("test_x"), Integers("test_y"), 1, 8, 8, classes);
        Groups = new GroupTable(Integers("group"), [0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]);
        Objectives = [.. _file.Metadata["objectives"].Split(';').Select(Objective.Parse)];
        Recipe = new TrainingOptions(float.Parse(_file.Metadata["learning_rate"], CultureInfo.InvariantCulture),
            float.Parse(_file.Metadata["momentum"], CultureInfo.InvariantCulture), Whole("batch"), Whole("epochs"), (ulong)Whole("seed"));
        Recipe = change?.Invoke(Recipe) ?? Recipe;
        if (recordsAllSteps)
        {
            using TrainingSet set = TrainingSet.Create(Device, Train, Recipe.LabelSmoothing);
            Trajectory = TargetTraining.Run(Device, Network, set, Recipe,
                [.. Enumerable.Range(0, Recipe.TotalSteps(Train.Count) + 1)]).Trajectory;
            return;
        }

        const string prefix = "checkpoint.";
        Trajectory = new Trajectory([.. _file.Tensors.Where(t => t.Name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(t => new Checkpoint(int.Parse(t.Name.AsSpan(prefix.Length), CultureInfo.InvariantCulture), t.Data))
                .OrderBy(c => c.Step)]);
    }

    public Device Device { get; }

    public Network Network { get; }

    public Dataset Train { get; }

    public Dataset Test { get; }

    public GroupTable Groups { get; }

    public IReadOnlyList<Objective> Objectives { get; }

    public TrainingOptions Recipe { get; }

    public Trajectory Trajectory { get; }

    /// <summary>A request on the problem.</summary>
    public MethodContext Request(GroupTable? parts = null, PieceWork? pieces = null, int? wave = null,
        IReadOnlyList<Objective>? objectives = null, bool hasTrajectory = true, RetrainedModelStore? models = null,
        TrainingOptions? recipe = null, IReadOnlyList<int[]>? removals = null, DerivativeStore? derivatives = null,
        Action<double, double, string>? onProgress = null, Action<string, double>? onFigure = null, Action<string>? onWarning = null,
        bool isTested = false)
        => new(Device, Network, Train, Test, parts ?? Groups, objectives ?? Objectives, recipe ?? Recipe)
        {
            Target = Trajectory.Checkpoints[^1].Parameters,
            Trajectory = hasTrajectory ? Trajectory : null,
            Seed = Recipe.Seed,
            Pieces = pieces ?? new PieceWork(),
            Models = models,
            LargestWave = wave,
            Removals = removals,
            Derivatives = derivatives,
            Identity = derivatives is null ? null
                : new RetrainingIdentity("data", Network.Options, recipe ?? Recipe, Device.Arithmetic, "1"),
            OnProgress = onProgress,
            OnFigure = onFigure,
            OnWarning = onWarning,
            IsTested = isTested,
        };

    /// <summary>What PyTorch says.</summary>
    public float[] Tensor(string name) => _file.Tensors.Single(tensor => tensor.Name == name).Data;

    public bool Has(string name) => _file.Tensors.Any(tensor => tensor.Name == name);

    public void Dispose() => Device.Dispose();

    /// <summary>‖found − expected‖/‖expected‖.</summary>
    public static double RelativeError(AttributionMatrix found, IReadOnlyList<float> expected)
    {
        double[] values = [.. found.ToArray().Cast<double>()];
        if (values.Length != expected.Count)
            return double.PositiveInfinity;
        return Math.Sqrt(values.Zip(expected, (a, b) => (a - b) * (a - b)).Sum() / expected.Sum(value => (double)value * value));
    }

    private int Whole(string key) => int.Parse(_file.Metadata[key], CultureInfo.InvariantCulture);

    private int[] Integers(string name) => [.. _file.Integers.Single(tensor => tensor.Name == name).Data.Select(value => (int)value)];

    private static string Folder([CallerFilePath] string thisFile = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "golden"));
}
