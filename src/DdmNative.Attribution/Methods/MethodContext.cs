using System.Diagnostics.CodeAnalysis;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Training;
using DdmNative.Compute;

namespace DdmNative.Attribution.Methods;

/// <summary>A request to a method of attribution, and what it may work with.</summary>
/// <param name="device">Where kernels run.</param>
/// <param name="network">The target's architecture.</param>
/// <param name="train">The training images, normalised.</param>
/// <param name="test">The evaluation images, normalised.</param>
/// <param name="parts">What effects are asked for: classes, groups or single samples of the training set (<see cref="Granularity"/>); G of
/// them.</param>
/// <param name="objectives">The matrix's rows, O of them.</param>
/// <param name="recipe">The target's training.</param>
public sealed class MethodContext(
    Device device, Network network, Dataset train, Dataset test, GroupTable parts, IReadOnlyList<Objective> objectives,
    TrainingOptions recipe) : IDisposable
{
    private TrainingSet? _trainSet;
    private TrainingSet? _testSet;
    private ModelEvaluator? _evaluator;
    private SubsetRetraining? _retraining;
    private MethodContext? _whole;

    public Device Device { get; } = device;

    public Network Network { get; } = network;

    public Dataset Train { get; } = train;

    public Dataset Test { get; } = test;

    public GroupTable Parts { get; } = parts;

    public IReadOnlyList<Objective> Objectives { get; } = objectives;

    public TrainingOptions Recipe { get; } = recipe;

    /// <summary>θ_T [P], the model that is asked about.</summary>
    public required float[] Target { get; init; }

    /// <summary>The target's recorded training; null for a model that came without one.</summary>
    public Trajectory? Trajectory { get; init; }

    /// <summary>Decides everything random that the method draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The most models or gradients that may run together; null for each method's own number. Never changes a result.</summary>
    public int? LargestWave { get; init; }

    /// <summary>The most bytes that the method may take by its own estimate; null for what the machine has.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>What an interrupted run has left, and which pieces of the method's work are this process's.</summary>
    public PieceWork Pieces { get; init; } = new();

    /// <summary>What decides a retrained model beside its seed and its samples; null where <see cref="Models"/> is.</summary>
    public RetrainingIdentity? Identity { get; init; }

    /// <summary>Where models that are trained again from the start are kept, for whoever else needs them; null for nowhere.</summary>
    public RetrainedModelStore? Models { get; init; }

    /// <summary>Where derivatives by the weights of training samples are kept, for other parts and other methods; null for nowhere. Needs
    /// <see cref="Identity"/>.</summary>
    public DerivativeStore? Derivatives { get; init; }

    /// <summary>What a job says of all synsets.</summary>
    public SynsetDefaults Matching { get; init; } = new();

    /// <summary>Where synsets come from; distilled in memory unless a run has them.</summary>
    [AllowNull]
    public ISynsets Synsets { get => field ??= new DistilledSynsets(this); init; }

    /// <summary>Receives what the method has found of itself, by name.</summary>
    public Action<string, double>? OnFigure { get; init; }

    /// <summary>Called as (units done, units in all, what a unit is, in the plural).</summary>
    public Action<double, double, string>? OnProgress { get; init; }

    /// <summary>Told what the user should know of the result.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>Whether the caller tests the effects on retrained models, so that the method does not have to.</summary>
    public bool IsTested { get; init; }

    /// <summary>Looked at between steps.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>
    /// θ_0 [P]: what partial retraining starts its layers from. A target that came without its training gets the recipe's own: both the
    /// control and the models without a part then start there.
    /// </summary>
    public float[] Initial => Trajectory?.Checkpoints[0].Parameters ?? Network.Initialise(Recipe.Seed);

    /// <summary>
    /// The sets of parts that a method that hands over models leaves out, one model each; each part alone unless set.
    /// </summary>
    [AllowNull]
    public IReadOnlyList<int[]> Removals { get => field ??= CounterfactualLogits.EachGroup(Parts.Count); init; }

    /// <summary>The rows' names.</summary>
    public IReadOnlyList<string> ObjectiveNames => [.. Objectives.Select(objective => objective.Name)];

    /// <summary>The training set on the device, with the label vectors of the target's training loss.</summary>
    public TrainingSet TrainSet => _whole?.TrainSet ?? (_trainSet ??= TrainingSet.Create(Device, Train, Recipe.LabelSmoothing));

    /// <summary>The evaluation set on the device.</summary>
    public TrainingSet TestSet => _whole?.TestSet ?? (_testSet ??= TrainingSet.Create(Device, Test));

    /// <summary>Evaluates whole networks on the evaluation set.</summary>
    public ModelEvaluator Evaluator => _whole?.Evaluator ?? (_evaluator ??= new ModelEvaluator(Device, Network, Test));

    /// <summary>Trains whole networks by the recipe without some of the parts.</summary>
    public SubsetRetraining Retraining => _whole?.Retraining ?? (_retraining ??= new SubsetRetraining(
        Device, Network, TrainSet, Parts.GroupOf, Evaluator,
        Identity ?? new RetrainingIdentity("", Network.Options, Recipe, Device.Arithmetic, ""), Models, Pieces.Share));

    /// <summary>The files of the models that the method has had trained again.</summary>
    public IEnumerable<string> RetrainedFiles => _retraining?.Files ?? (IEnumerable<string>)[];

    /// <summary>The models that were trained again, and their time; null where none was asked for.</summary>
    public SubsetRetraining? Retrained => _retraining;

    /// <summary>A method's own wave, or the largest that is allowed.</summary>
    public int Bounded(int wave) => Math.Min(wave, LargestWave ?? wave);

    /// <summary>The trajectory, or a refusal that says what to do.</summary>
    /// <exception cref="MissingTrajectoryException">There is none, or nothing of it but its two ends.</exception>
    public Trajectory RequireTrajectory(string method)
        => Trajectory is { Checkpoints.Count: > 1 } trajectory
            ? trajectory
            : throw new MissingTrajectoryException(
                $"Method '{method}' needs the target's recorded training, which is missing. Train the target with ddm, which records it, "
                + $"or choose a method that needs only the model: {MethodRegistry.WithoutTraining}.");

    /// <summary>
    /// The same request for a method that this request's method runs: its pieces and figures have names of their own, and the data on the
    /// device and the retrained models are shared. Valid as long as this request is.
    /// </summary>
    /// <param name="member">The name of the other method; empty for names as here.</param>
    /// <param name="objectives">The rows of the other method's matrix; null for the same.</param>
    internal MethodContext For(string member, IReadOnlyList<Objective>? objectives = null)
        => new(Device, Network, Train, Test, Parts, objectives ?? Objectives, Recipe)
        {
            Target = Target,
            Trajectory = Trajectory,
            Seed = Seed,
            LargestWave = LargestWave,
            MemoryLimit = MemoryLimit,
            Pieces = member.Length == 0 ? Pieces : new PieceWork
            {
                Kept = new NamedResults(Pieces.Kept, MethodRegistry.FileName(member)),
                Share = Pieces.Share,
                Cancellation = Pieces.Cancellation,
            },
            Identity = Identity,
            Derivatives = Derivatives,
            Matching = Matching,
            OnFigure = member.Length == 0 ? OnFigure
                : (name, value) => OnFigure?.Invoke($"{MethodRegistry.FileName(member)}_{name}", value),
            OnProgress = OnProgress,
            OnWarning = OnWarning,
            IsTested = IsTested || member.Length > 0,
            Cancellation = Cancellation,
            _whole = this,
        };

    /// <summary>The matrix of these numbers [O·G].</summary>
    public AttributionMatrix ToMatrix(double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var matrix = new double[Objectives.Count, Parts.Count];
        Buffer.BlockCopy(values, 0, matrix, 0, values.Length * sizeof(double));
        return new AttributionMatrix(ObjectiveNames, matrix);
    }

    public void Dispose()
    {
        _evaluator?.Dispose();
        _trainSet?.Dispose();
        _testSet?.Dispose();
    }
}
