using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// One way to say what each part of the training set does to each objective: W[o, g] = F_o(with g) − F_o(without g), in the objective's own
/// unit where the method has one (docs/methods.md gives each method's unit). For a loss, negative means that the part helps; a method whose
/// paper has another sign is converted.
/// </summary>
/// <remarks>
/// One class per method, made by <see cref="MethodRegistry"/>. The same request on the same device gives the same bits; waves, memory and
/// resumption change nothing.
/// </remarks>
public interface IAttributionMethod
{
    /// <summary>The settings that decide the result, a record: what was made with others is made again.</summary>
    object Options { get; }

    /// <summary>
    /// Whether the work falls into pieces that do not need one another (<see cref="MethodContext.Pieces"/>,
    /// <see cref="MethodContext.Retraining"/>), so that several processes can share it: all of it that is worth sharing, in one list.
    /// </summary>
    bool FallsIntoPieces => false;

    /// <summary>
    /// Why the method cannot work with so many parts of the training set, and what to do; null where it can. Known before any part is made.
    /// </summary>
    string? Fault(int parts) => null;

    /// <summary>Whether the method works with the target's recorded training, and not with its end alone.</summary>
    bool NeedsTraining => false;

    /// <summary>The synset that the method runs on; null for one that needs none.</summary>
    SynsetRecipe? Recipe => null;

    /// <summary>About how much work the method is for every group, without distillation; null where that is not known beforehand.</summary>
    double? Work(TrainingPasses passes) => null;

    /// <summary>What the method will take at most beside the data, for this request.</summary>
    MemoryEstimate Estimate(MethodContext context);

    /// <summary>The effects [O, G] of the context's parts on its objectives.</summary>
    /// <exception cref="MethodRequestException">The method cannot do what is asked for; the message says what it can.</exception>
    /// <exception cref="Online.MissingTrajectoryException">The method needs more of the target's training than was recorded.</exception>
    /// <exception cref="Sharding.AwaitingShardsException">The pieces of a shard are done.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; what <see cref="MethodContext.Pieces"/> holds is not computed
    /// again.</exception>
    AttributionMatrix Attribute(MethodContext context);
}
