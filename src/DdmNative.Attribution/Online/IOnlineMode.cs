namespace DdmNative.Attribution.Online;

/// <summary>A way to turn a synset into perturbed models: the target as it would be without some of its groups.</summary>
public interface IOnlineMode
{
    /// <summary>The name for <c>--mode</c>.</summary>
    string Name { get; }

    /// <summary>The options that affect the result, a record: results with other options are recomputed.</summary>
    object Options { get; }

    /// <summary>The number of steps per model, each over a batch of the synset (<see cref="SynsetBatches"/>).</summary>
    int Steps { get; }

    /// <summary>The same mode with half the length of its update path; null if it has no length.</summary>
    IOnlineMode? Shorter();

    /// <summary>Perturbs the target once for each of the context's removals, all together along the ensemble axis.</summary>
    /// <exception cref="MissingTrajectoryException">The mode needs checkpoints or phase synsets that do not exist.</exception>
    /// <exception cref="ArgumentException">Parts of the context do not fit each other.</exception>
    PerturbedModels Run(OnlineContext context);
}
