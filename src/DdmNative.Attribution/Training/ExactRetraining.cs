using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>
/// The ground truth: the whole target recipe again without each left-out set, at one or several seeds. A seed decides initialisation and batch order;
/// the groups stay the same. For each seed the reference is the same recipe with all data, so that an effect compares models that differ in
/// nothing but the data.
/// </summary>
/// <param name="device">Where to train.</param>
/// <param name="network">The target's architecture.</param>
/// <param name="set">The training set, on the same device.</param>
/// <param name="groupOf">[N]: the group of each training sample.</param>
/// <param name="evaluator">Evaluates models of the same network.</param>
public sealed class ExactRetraining(Device device, Network network, TrainingSet set, int[] groupOf, ModelEvaluator evaluator)
{
    /// <summary>One <see cref="CounterfactualLogits"/> per seed, in the order of the seeds.</summary>
    /// <param name="recipe">The target's recipe; its own seed is not used.</param>
    /// <param name="seeds">The seeds, each once.</param>
    /// <param name="leftOut">The groups each model goes without: one, a pair, any set.</param>
    /// <param name="options">Wave size, resumption, progress over all seeds.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="ArgumentException">There is no seed, one is repeated, or the groups do not fit the set.</exception>
    public IReadOnlyList<CounterfactualLogits> Run(
        TrainingOptions recipe, IReadOnlyList<ulong> seeds, IReadOnlyList<int[]> leftOut, WaveOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        options ??= new WaveOptions();
        if (seeds.Count == 0 || seeds.Distinct().Count() != seeds.Count)
            throw new ArgumentException($"Seeds {string.Join(", ", seeds)}: expected at least one, each once.", nameof(seeds));
        var training = new LeaveOutTraining(device, network, set, groupOf, evaluator);
        var results = new List<CounterfactualLogits>();
        for (int r = 0; r < seeds.Count; r++)
        {
            int seedsBefore = r;
            WaveOptions ofSeed = options with
            {
                OnProgress = (done, total) => options.OnProgress?.Invoke(seedsBefore * total + done, seeds.Count * total),
            };
            results.Add(training.Run(recipe with { Seed = seeds[r] }, network.Initialise(seeds[r]), leftOut, ofSeed, cancellation));
        }

        return results;
    }
}
