namespace DdmNative.Attribution.Online;

/// <summary>One way to turn a synset into perturbed models: the target as it would be without some of its groups.</summary>
public interface IOnlineMode
{
    /// <summary>As the user writes it after <c>--mode</c>.</summary>
    string Name { get; }

    /// <summary>The settings that decide the result, a record: a run that was made with others is made again.</summary>
    object Options { get; }

    /// <summary>Steps of a model, each over a batch of the synset (<see cref="SynsetBatches"/>).</summary>
    int Steps { get; }

    /// <summary>The same mode, walking half as far from the target; null where it has no length.</summary>
    IOnlineMode? Shorter();

    /// <summary>Perturbs the target once for each of the context's removals, all together along the ensemble axis.</summary>
    /// <exception cref="MissingTrajectoryException">The mode needs checkpoints or phase synsets that are not there.</exception>
    /// <exception cref="ArgumentException">Parts of the context do not fit each other.</exception>
    PerturbedModels Run(OnlineContext context);
}
