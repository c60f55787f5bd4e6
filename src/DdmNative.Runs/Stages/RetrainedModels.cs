using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>
/// A run's retrained models, by the samples that they leave out. They are kept in <c>retrained/</c> (or in a folder that several runs
/// share), so that every comparison, metric and method reuses them. In a shard only the shard's own models are trained.
/// </summary>
internal sealed class RetrainedModels : IDisposable
{
    private const string FolderName = "retrained";

    private readonly StageContext _context;
    private readonly TrainingSet _set;
    private readonly ModelEvaluator _evaluator;
    private readonly SubsetRetraining _retraining;
    private readonly RetrainedModelStore _store;

    /// <summary>The number of models in the store, as text for <see cref="Stage.Kept"/>; null if there are none.</summary>
    public static string? Kept(StageContext context)
    {
        string folder = FolderOf(context);
        int models = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.npz", SearchOption.AllDirectories).Length : 0;
        return models > 0 ? $"{models} retrained models" : null;
    }

    /// <param name="context">The run; training and groups are finished.</param>
    /// <param name="parts">What is removed; null for the run's groups.</param>
    public RetrainedModels(StageContext context, GroupTable? parts = null)
    {
        RunInputs inputs = context.Inputs;
        _context = context;
        Groups = parts ?? GroupStage.Read(context);
        _set = TrainingSet.Create(context.Device, inputs.Train, RunInputs.Recipe(context.Job).LabelSmoothing);
        _evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test);
        _retraining = new SubsetRetraining(context.Device, inputs.Network, _set, Groups.GroupOf, _evaluator, IdentityOf(context),
            _store = StoreOf(context), context.Share);
    }

    /// <summary>What determines a retrained model of the run, besides its seed and its samples.</summary>
    public static RetrainingIdentity IdentityOf(StageContext context)
        => new(context.Inputs.Sha256, context.Inputs.Network.Options, RunInputs.Recipe(context.Job), context.Device.Arithmetic,
            Runner.Version);

    /// <summary>The store of the run's retrained models.</summary>
    public static RetrainedModelStore StoreOf(StageContext context) => new(FolderOf(context));

    /// <summary>The parts of the training set that models are trained without: the run's groups, unless others were given.</summary>
    public GroupTable Groups { get; }

    /// <summary>Models that were trained for the stage and not found, by this process or by the merged shards.</summary>
    public int Trained => _retraining.Trained + _context.ByShards.Computed;

    /// <summary>The time for training them.</summary>
    public double Seconds => _retraining.Seconds + _context.ByShards.Seconds;

    /// <summary>The files of the requested models, by their names in the run: the stage's result depends on them.</summary>
    public IReadOnlyList<string> Files => [.. _retraining.Files.Select(_context.Folder.NameOf).Order(StringComparer.Ordinal)];

    /// <summary>The values of the objectives for models without each set of groups, for each seed.</summary>
    public SubsetOutcomes Outcomes(IReadOnlyList<Objective> objectives, IReadOnlyList<int[]> removed, IReadOnlyList<ulong> seeds)
        => new(objectives, removed, seeds.Count, Logits(removed, seeds), _context.Inputs.Test.Labels);

    /// <summary>[R·S]: the content hashes of the models, in the order of <see cref="Logits"/>.</summary>
    public string[] Keys(IReadOnlyList<int[]> removed, IReadOnlyList<ulong> seeds) => _retraining.Keys(SubsetModel.Each(seeds, removed));

    /// <summary>[R·S][M·K]: the models' logits on the test images, all removals of the first seed, then of the second, …</summary>
    public IReadOnlyList<float[]> Logits(IReadOnlyList<int[]> removed, IReadOnlyList<ulong> seeds)
    {
        (int found, int damaged) = (_retraining.Found, _store.Damaged);
        IReadOnlyList<float[]> logits = _retraining.Logits(SubsetModel.Each(seeds, removed), _context.Settings.Wave,
            (done, total) => _context.Listener.Progress(done, total, "models"), _context.Stop);
        if (_retraining.Found > found)
            _context.Listener.Note($"{_retraining.Found - found} of the models are reused.");
        if (_store.Damaged > damaged)
            _context.Listener.Note($"{_store.Damaged - damaged} of the kept models were damaged; they were retrained.");
        return logits;
    }

    private static string FolderOf(StageContext context) => context.Settings.RetrainedModels ?? context.Folder.PathOf(FolderName);

    public void Dispose()
    {
        _evaluator.Dispose();
        _set.Dispose();
    }
}
