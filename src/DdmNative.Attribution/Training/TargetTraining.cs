using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>Trains the target: one member, nothing dropped, its trajectory and losses recorded.</summary>
public static class TargetTraining
{
    /// <summary>Trains from the network's own initialisation at the recipe's seed.</summary>
    /// <param name="device">Where to train.</param>
    /// <param name="network">The architecture.</param>
    /// <param name="set">The training set, on the same device.</param>
    /// <param name="options">The recipe.</param>
    /// <param name="recordedSteps">Steps whose parameters to keep beside 0 and T; null for <see cref="Trajectory.DefaultSteps"/>.</param>
    /// <param name="onStep">Called after each step with (steps done, T).</param>
    /// <param name="cancellation">Looked at before each step.</param>
    public static TrainedTarget Run(
        Device device,
        Network network,
        TrainingSet set,
        TrainingOptions options,
        IReadOnlyList<int>? recordedSteps = null,
        Action<int, int>? onStep = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        using var trainer = new EnsembleTrainer(device, network, set, options, members: 1, trackLoss: true);
        int total = trainer.TotalSteps;
        HashSet<int> recorded = [.. recordedSteps ?? Trajectory.DefaultSteps(total, BatchOrder.StepsIn(set.Count, options.BatchSize)), total];
        float[] initial = network.Initialise(options.Seed);
        var checkpoints = new List<Checkpoint> { new(0, initial) };
        var losses = new float[total];
        trainer.Run(initial, isDropped: null, onStep: (done, _) =>
        {
            losses[done - 1] = (float)trainer.BatchLosses()[0];
            if (recorded.Contains(done))
                checkpoints.Add(new Checkpoint(done, trainer.Parameters));
            onStep?.Invoke(done, total);
        }, cancellation);
        return new TrainedTarget(new Trajectory(checkpoints), losses);
    }
}
