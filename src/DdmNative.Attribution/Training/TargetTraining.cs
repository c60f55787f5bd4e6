using System.Diagnostics;
using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Training;

/// <summary>Trains the target: one member, nothing dropped, with recorded trajectory and losses.</summary>
public static class TargetTraining
{
    private static readonly TimeSpan BetweenKeeps = TimeSpan.FromMinutes(1);

    /// <summary>Trains from the network's own initialisation with the options' seed.</summary>
    /// <param name="device">The device for training.</param>
    /// <param name="network">The architecture.</param>
    /// <param name="set">The training set, on the same device.</param>
    /// <param name="options">The training options.</param>
    /// <param name="recordedSteps">Steps whose parameters are recorded besides 0 and T; null for <see
    /// cref="Trajectory.DefaultSteps"/>.</param>
    /// <param name="onStep">Called after each step with (steps done, T).</param>
    /// <param name="unfinished">The state of an interrupted training with the same options, to resume; null to start.</param>
    /// <param name="onKeep">Called with the state when the training is cancelled, and every minute before; null to store nothing.</param>
    /// <param name="cancellation">Checked before each step.</param>
    /// <exception cref="OperationCanceledException">Cancelled, after the current step.</exception>
    public static TrainedTarget Run(
        Device device,
        Network network,
        TrainingSet set,
        TrainingOptions options,
        IReadOnlyList<int>? recordedSteps = null,
        Action<int, int>? onStep = null,
        UnfinishedTraining? unfinished = null,
        Action<UnfinishedTraining>? onKeep = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        using var trainer = new EnsembleTrainer(device, network, set, options, members: 1, trackLoss: true);
        int total = trainer.TotalSteps;
        HashSet<int> recorded = [.. recordedSteps
            ?? Trajectory.DefaultSteps(total, BatchOrder.StepsIn(set.Count, options.BatchSize)), total];
        float[] initial = network.Initialise(options.Seed);
        List<Checkpoint> checkpoints = unfinished is null ? [new(0, initial)] : [.. unfinished.Checkpoints];
        var losses = new float[total];
        unfinished?.BatchLosses.CopyTo(losses, 0);
        int done = unfinished?.Steps ?? 0;
        var sinceKept = Stopwatch.StartNew();
        void Keep() => onKeep?.Invoke(new UnfinishedTraining(done, trainer.Parameters, trainer.Velocity, [.. checkpoints], losses[..done]));
        try
        {
            trainer.RunFrom(done, unfinished?.Parameters ?? initial, unfinished?.Velocity
                ?? new float[initial.Length], onStep: (steps, _) =>
            {
                done = steps;
                losses[done - 1] = (float)trainer.BatchLosses()[0];
                if (recorded.Contains(done))
                    checkpoints.Add(new Checkpoint(done, trainer.Parameters));
                onStep?.Invoke(done, total);
                if (sinceKept.Elapsed < BetweenKeeps)
                    return;
                Keep();
                sinceKept.Restart();
            }, cancellation: cancellation);
        }
        catch (OperationCanceledException) when (done > (unfinished?.Steps ?? 0))
        {
            Keep();
            throw;
        }

        return new TrainedTarget(new Trajectory(checkpoints), losses);
    }
}
