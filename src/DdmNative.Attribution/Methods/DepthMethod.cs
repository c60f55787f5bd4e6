using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `head`, `block:K` and `retrain`: the target's own recipe again without each part, from this depth up, on the frozen activations of the
/// layers below; the control is the same with everything. `retrain` (also `all`) trains every layer: it is the definition that the other
/// methods approximate. Unit: the objective's. Cost: G + 1 trainings of these layers, along the ensemble axis.
/// </summary>
public sealed class DepthMethod : IModelMethod, IUnlearningMethod
{
    private readonly Depth _depth;

    private DepthMethod(Depth depth) => _depth = depth;

    public ModelSettings Settings => new();

    /// <summary>`head`: the linear layer alone.</summary>
    internal static MethodDescription Head { get; } = Describe(
        "head", "the linear head trained again on the frozen features, without the part", _ => new DepthMethod(Depth.Head)) with
    {
        IsChecked = true,
    };

    /// <summary>`block:K`: the top K blocks and the head.</summary>
    internal static MethodDescription Block { get; } = Describe(
        "block", "the top K blocks and the head trained again on frozen activations, without the part",
        settings => new DepthMethod(Depth.Blocks(settings.RequiredWhole("blocks", 1, 1000)))) with
    {
        MainSetting = "blocks",
        Usage = "block:K",
        Words = ["block:1"],
    };

    /// <summary>`retrain`: every layer.</summary>
    internal static MethodDescription Retrain { get; } = Describe(
        "retrain", "the whole training again: same start, same order, the part's samples dropped", _ => new DepthMethod(Depth.All)) with
    {
        Aliases = ["all"],
        Words = ["all", "retrain"],
        Source = "the definition",
        IsExact = true,
    };

    /// <summary>Whether nothing is frozen in a network: the models then are exactly retrained ones.</summary>
    public bool IsWhole(Network network) => _depth.FirstLayer(network) == 0;

    /// <summary>The number of blocks beside the head that are retrained; null for the whole network.</summary>
    public int? Blocks => _depth.BlockCount;

    public string? Fault(int parts) => parts < 2 && _depth == Depth.All
        ? "Method 'retrain' needs two parts or more: without its only one a model has nothing to train on." : null;

    public double? Work(TrainingPasses passes)
    {
        ArgumentNullException.ThrowIfNull(passes);
        return passes.TopTrainings(passes.FirstLayer(_depth), passes.Groups + 1);
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return LeaveOutModels.Estimate(context, context.Removals.Count);
    }

    public CounterfactualLogits Models(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        IReadOnlyList<int[]> leftOut = context.Removals;
        if (IsWhole(context.Network))
        {
            if (context.Parts.Count < 2)
                throw new MethodRequestException(new DepthMethod(Depth.All).Fault(context.Parts.Count)!);
            IReadOnlyList<float[]> logits = LeaveOutModels.Retrained(context, [[], .. leftOut]);
            return CounterfactualLogits.Of(leftOut, context.Test.Count, context.Network.Classes, logits);
        }

        using PartialRetraining retraining = Retraining(context, _depth);
        return retraining.Run(context.Recipe, context.Initial, context.Parts.GroupOf, leftOut, Waves(context), context.Cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>The target's lower layers under a top that is trained from its own start without the groups.</remarks>
    public float[] Unlearn(MethodContext context, int[] forgotten)
    {
        ArgumentNullException.ThrowIfNull(context);
        bool[] removed = [.. Enumerable.Range(0, context.Parts.Count).Select(forgotten.Contains)];
        float[] model = [.. context.Target];
        int firstLayer = _depth.FirstLayer(context.Network);
        Network top = context.Network.Top(firstLayer);
        FrozenFeatures features = FrozenFeatures.Compute(context.Device, context.Network, firstLayer, model, context.Train.Rows);
        using var set = TrainingSet.Create(context.Device, features.Rows, features.Shape, context.Train.Labels, top.Classes,
            labelSmoothing: context.Recipe.LabelSmoothing);
        using var trainer = new EnsembleTrainer(context.Device, top, set, context.Recipe, members: 1);
        trainer.Run(context.Initial.AsSpan(top.ParameterOffset), (_, sample) => removed[context.Parts.GroupOf[sample]],
            (done, total) => context.OnProgress?.Invoke(done, total, "steps"), context.Cancellation);
        trainer.Parameters.CopyTo(model, top.ParameterOffset);
        return model;
    }

    /// <summary>The frozen activations under a depth, of both sets.</summary>
    internal static PartialRetraining Retraining(MethodContext context, Depth depth)
        => new(context.Device, context.Network, depth, context.Target, context.Train, context.Test, context.Recipe.LabelSmoothing);

    /// <summary>How many tops are trained together, and what is kept of them.</summary>
    internal static WaveOptions Waves(MethodContext context)
    {
        var options = new WaveOptions
        {
            Pieces = context.Pieces,
            OnProgress = (done, total) => context.OnProgress?.Invoke(done, total, "steps"),
        };
        return options with { Wave = context.Bounded(options.Wave) };
    }

    private static MethodDescription Describe(string name, string summary, Func<MethodSettings, IAttributionMethod> create)
        => new(name, summary, "partial retraining", create)
        {
            Kind = MethodKind.Models,
            Option = MethodDescription.DepthOption,
            TitleOf = text => text == "all" ? "exact retraining (depth dial)" : text == "retrain" ? text : $"{text} (depth dial)",
            CanUnlearn = true,
        };
}
