using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>A run's retrained models, by what they go without: kept in <c>retrained/</c> (or where several runs share them), so that every metric and method reuses them.</summary>
internal sealed class EvaluationModels : IDisposable
{
    private const string FolderName = "retrained";

    private readonly StageContext _context;
    private readonly TrainingSet _set;
    private readonly ModelEvaluator _evaluator;
    private readonly SubsetRetraining _retraining;
    private readonly RetrainedModelStore _store;

    /// <summary>The models that a run finds, or shares with others.</summary>
    public static int Kept(StageContext context)
    {
        string folder = FolderOf(context);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.npz", SearchOption.AllDirectories).Length : 0;
    }

    public EvaluationModels(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        _context = context;
        Groups = GroupStage.Read(context);
        _set = TrainingSet.Create(context.Device, inputs.Train);
        _evaluator = new ModelEvaluator(context.Device, inputs.Network, inputs.Test.Images, inputs.Test.Count);
        var identity = new RetrainingIdentity(inputs.Sha256, inputs.Network.Options, RunInputs.Recipe(context.Job), context.Device.Arithmetic, Runner.Version);
        _retraining = new SubsetRetraining(context.Device, inputs.Network, _set, Groups.GroupOf, _evaluator, identity,
            _store = new RetrainedModelStore(FolderOf(context)));
    }

    public GroupTable Groups { get; }

    /// <summary>Models trained, not found.</summary>
    public int Trained => _retraining.Trained;

    /// <summary>Their time.</summary>
    public double Seconds => _retraining.Seconds;

    /// <summary>What the objectives come to on models without each set of groups, at each seed.</summary>
    public SubsetOutcomes Outcomes(IReadOnlyList<Objective> objectives, IReadOnlyList<int[]> removed, IReadOnlyList<ulong> seeds)
        => new(objectives, removed, seeds.Count, Logits(removed, seeds), _context.Inputs.Test.Labels);

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
