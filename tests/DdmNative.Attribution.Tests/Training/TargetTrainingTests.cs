using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

public sealed class TargetTrainingTests : IDisposable
{
    private readonly SmallProblem _problem = new();

    public void Dispose() => _problem.Dispose();

    [Fact]
    public void The_trajectory_holds_start_quarters_epoch_ends_and_end()
    {
        TrainedTarget target = TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe);
        Assert.Equal([0, 3, 4, 6, 8, 9, 12], target.Trajectory.Checkpoints.Select(c => c.Step));
        Assert.Equal(_problem.Network.Initialise(_problem.Recipe.Seed), target.Initial);
        Assert.Equal(target.Final, target.Trajectory.At(12));
        Assert.Equal(12, target.BatchLosses.Length);
        Assert.All(target.BatchLosses, loss => Assert.InRange(loss, 0, 10));
    }

    [Fact]
    public void The_steps_to_record_may_be_chosen_and_do_not_change_the_training()
    {
        TrainedTarget target = TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe, recordedSteps: [5]);
        Assert.Equal([0, 5, 12], target.Trajectory.Checkpoints.Select(c => c.Step));
        Assert.Equal(TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe).Final, target.Final);
    }

    [Fact]
    public void A_checkpoint_is_found_by_its_step_or_by_its_share_of_the_training()
    {
        var trajectory = new Trajectory([new(0, [0]), new(10, [1]), new(20, [2])]);
        Assert.Equal([1], trajectory.At(10));
        Assert.Equal([10, 0, 20], ((double[])[0.6, 0.25, 1]).Select(share => trajectory.Nearest(share).Step));
        Assert.Contains("0, 10, 20", Assert.Throws<ArgumentException>(() => trajectory.At(11)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoints_out_of_order_are_no_trajectory()
    {
        Assert.Throws<ArgumentException>(() => new Trajectory([new(0, []), new(5, []), new(5, [])]));
        Assert.Throws<ArgumentException>(() => new Trajectory([new(1, [])]));
        Assert.Throws<ArgumentException>(() => new Trajectory([]));
    }

    [Fact]
    public void Bins_are_recorded_beside_epochs_and_quarters()
        => Assert.Equal([0, 4, 5, 8, 10, 12, 15, 16, 20], Trajectory.DefaultSteps(20, stepsPerEpoch: 10, bins: 5));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(11)]
    public void Interrupted_after_any_step_it_goes_on_to_the_same_bits(int steps)
    {
        TrainedTarget whole = TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe);
        using var stop = new CancellationTokenSource();
        UnfinishedTraining? kept = null;
        Assert.Throws<OperationCanceledException>(() => TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe,
            onStep: (done, _) => { if (done == steps) stop.Cancel(); }, onKeep: training => kept = training, cancellation: stop.Token));

        TrainedTarget goneOn = TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe, unfinished: kept);

        Assert.Equal(steps, kept!.Steps);
        Assert.Equal(whole.BatchLosses, goneOn.BatchLosses);
        Assert.Equal(whole.Trajectory.Checkpoints.Select(c => c.Step), goneOn.Trajectory.Checkpoints.Select(c => c.Step));
        Assert.All(whole.Trajectory.Checkpoints.Zip(goneOn.Trajectory.Checkpoints),
            pair => Assert.Equal(pair.First.Parameters, pair.Second.Parameters));
    }

    [Fact]
    public void Interrupted_before_its_first_new_step_it_leaves_what_was_kept_alone()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(() => TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe,
            onKeep: _ => Assert.Fail("there is nothing to keep"), cancellation: stop.Token));
    }
}
