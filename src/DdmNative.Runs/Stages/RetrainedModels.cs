using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Runs.Stages;

/// <summary>
/// A run's retrained models, by what they go without: kept in <c>retrained/</c> (or where several runs share them), so that every comparison, metric and method reuses them. Of a shard's stage
/// only the shard's own are trained.
/// </summary>
internal sealed class RetrainedModels : IDisposable
{
    private const string FolderName = "retrained";

    private readonly StageContext _context;
    private readonly TrainingSet _set;
    private readonly ModelEvaluator _evaluator;
    private readonly SubsetRetraining _retraining;
    private readonly RetrainedModelStore _store;

    /// <summary>The models that a run finds, or shares with others, as <see cref="Stage.Kept"/> says it; null where there are none.</summary>
    public static string? Kept(StageContext context)
    {
        string folder = FolderOf(context);
        int models = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.npz", SearchOption.AllDirectories).Length : 0;
        return models > 0 ? $"{models} retrained models" : null;
    }

    public RetrainedModels(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        _context = context;
        Groups = GroupStage.Read(context);
        _set = TrainingSet.Create(context.Device, inputs.Train);
        _evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test.Images, inputs.Test.Count);
        _retraining = new SubsetRetraining(context.Device, inputs.Network, _set, Groups.GroupOf, _evaluator, IdentityOf(context), _store = StoreOf(context), context.Share);
    }

    /// <summary>What decides a retrained model of the run beside its seed and its samples.</summary>
    public static RetrainingIdentity IdentityOf(StageContext context)
        => new(context.Inputs.Sha256, context.Inputs.Network.Options, RunInputs.Recipe(context.Job), context.Device.Arithmetic, Runner.Version);

    /// <summary>Where the run's retrained models are kept.</summary>
    public static RetrainedModelStore StoreOf(StageContext context) => new(FolderOf(context));

    public GroupTable Groups { get; }

    /// <summary>Models trained for the stage, not found: here, or by the shards that were put together.</summary>
    public int Trained => _retraining.Trained + _context.ByShards.Computed;

    /// <summary>Their time.</summary>
    public double Seconds => _retraining.Seconds + _context.ByShards.Seconds;

    /// <summary>The models' files that were asked for, by their names in the run: what the stage's result rests on.</summary>
    public IReadOnlyList<string> Files => [.. _retraining.Files.Select(_context.Folder.NameOf).Order(StringComparer.Ordinal)];

    /// <summary>What the objectives come to on models without each set of groups, at each seed.</summary>
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
            _context.Listener.Note($"{_retraining.Found - found} of the models were there already.");
        if (_store.Damaged > damaged)
            _context.Listener.Note($"{_store.Damaged - damaged} of the kept models were damaged; they were trained again.");
        return logits;
    }

    private static string FolderOf(StageContext context) => context.Settings.RetrainedModels ?? context.Folder.PathOf(FolderName);

    public void Dispose()
    {
        _evaluator.Dispose();
        _set.Dispose();
    }
}
