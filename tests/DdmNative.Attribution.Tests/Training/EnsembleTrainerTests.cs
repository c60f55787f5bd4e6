using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

public sealed class EnsembleTrainerTests : IDisposable
{
    private readonly SmallProblem _problem = new();

    public void Dispose() => _problem.Dispose();

    [Fact]
    public void Three_members_together_are_three_trainings_alone_bit_for_bit()
    {
        float[][] initial = [_problem.Network.Initialise(1), _problem.Network.Initialise(2), _problem.Network.Initialise(3)];
        float[] together = Train(_problem, [.. initial.SelectMany(p => p)], members: 3, IsDropped);
        float[] alone = [.. Enumerable.Range(0, 3)
            .SelectMany(e => Train(_problem, initial[e], members: 1, (_, sample) => IsDropped(e, sample)))];
        Assert.Equal(alone, together);

        bool IsDropped(int member, int sample) => _problem.Groups.GroupOf[sample] == 2 * member;
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        using var threaded = new SmallProblem(threads: 3);
        float[] initial = _problem.Network.Initialise(1);
        Assert.Equal(Train(_problem, initial, members: 2), Train(threaded, initial, members: 2));
    }

    [Fact]
    public void A_second_run_of_the_same_trainer_gives_the_same_bits()
    {
        using EnsembleTrainer trainer = Trainer(_problem, members: 2);
        trainer.Run(_problem.Network.Initialise(4));
        float[] first = trainer.Parameters;
        trainer.Run(_problem.Network.Initialise(4));
        Assert.Equal(first, trainer.Parameters);
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(2, 1000)]
    [InlineData(5, 4)]
    public void Steps_taken_together_end_in_the_same_bits(int members, int stepsTogether)
    {
        using var together = new EnsembleTrainer(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe, members,
            stepsTogether: stepsTogether);
        float[] initial = _problem.Network.Initialise(1);
        bool IsDropped(int member, int sample) => _problem.Groups.GroupOf[sample] == member;
        var done = new List<int>();
        together.Run(initial, IsDropped, (steps, _) => done.Add(steps));

        Assert.Equal(Train(_problem, initial, members, IsDropped), together.Parameters);
        Assert.Equal(together.TotalSteps, done[^1]);
        Assert.Equal(Math.Min(stepsTogether, together.TotalSteps), done[0]);
    }

    [Fact]
    public void Members_that_start_alike_and_drop_nothing_end_alike()
    {
        float[] parameters = Train(_problem, _problem.Network.Initialise(1), members: 2);
        Assert.Equal(parameters[..(parameters.Length / 2)], parameters[(parameters.Length / 2)..]);
        Assert.NotEqual(_problem.Network.Initialise(1), parameters[..(parameters.Length / 2)]);
    }

    [Fact]
    public void Dropping_samples_equals_training_without_them()
    {
        TrainingOptions full = _problem.Recipe with { BatchSize = 1000, Steps = 6 };
        int[] kept = [.. Enumerable.Range(0, _problem.Train.Count).Where(n => _problem.Groups.GroupOf[n] != 3)];
        Dataset reduced = _problem.Train.Select(kept);
        using TrainingSet reducedSet = TrainingSet.Create(_problem.Device, reduced);
        AssertClose(
            Train(_problem.Set, full, (_, sample) => _problem.Groups.GroupOf[sample] == 3),
            Train(reducedSet, full, null));
    }

    [Fact]
    public void A_sample_of_weight_two_counts_as_two_samples()
    {
        TrainingOptions full = _problem.Recipe with { BatchSize = 1000, Steps = 6 };
        int[] once = [.. Enumerable.Range(0, 20)];
        using TrainingSet weighted = TrainingSet.Create(
            _problem.Device, _problem.Train.Select(once).Images, _problem.Network.Input.For(1, 20), _problem.Train.Labels.AsSpan(0, 20), 3,
            [.. once.Select(n => n < 5 ? 2f : 1f)]);
        using TrainingSet repeated = TrainingSet.Create(_problem.Device, _problem.Train.Select([.. once, 0, 1, 2, 3, 4]));
        AssertClose(Train(weighted, full, null), Train(repeated, full, null));
    }

    [Fact]
    public void A_member_that_keeps_nothing_stays_where_it_is()
    {
        float[] initial = _problem.Network.Initialise(1);
        float[] parameters = Train(_problem, initial, members: 2, (member, _) => member == 1);
        Assert.Equal(initial, parameters[initial.Length..]);
        Assert.NotEqual(initial, parameters[..initial.Length]);
    }

    [Fact]
    public void The_loss_falls()
    {
        using EnsembleTrainer trainer = Trainer(_problem, members: 1, trackLoss: true);
        var losses = new List<double>();
        trainer.Run(_problem.Network.Initialise(1), onStep: (_, _) => losses.Add(trainer.BatchLosses()[0]));
        Assert.Equal(12, losses.Count);
        Assert.InRange(losses[0], 0.7, 2.5); // ln 3 and a random head
        Assert.True(losses.TakeLast(4).Average() < 0.9 * losses.Take(4).Average(), string.Join(" ", losses));
    }

    [Fact]
    public void Losses_that_were_not_tracked_cannot_be_read()
    {
        using EnsembleTrainer trainer = Trainer(_problem, members: 1);
        Assert.Throws<InvalidOperationException>(trainer.BatchLosses);
    }

    [Fact]
    public void Cancelling_stops_before_the_next_step()
    {
        using var source = new CancellationTokenSource();
        using EnsembleTrainer trainer = Trainer(_problem, members: 1);
        int steps = 0;
        Assert.Throws<OperationCanceledException>(() => trainer.Run(_problem.Network.Initialise(1), onStep: (done, _) =>
        {
            steps = done;
            if (done == 5)
                source.Cancel();
        }, cancellation: source.Token));
        Assert.Equal(5, steps);
    }

    [Fact]
    public void Parameters_of_another_network_are_refused()
    {
        using EnsembleTrainer trainer = Trainer(_problem, members: 2);
        var error = Assert.Throws<ArgumentException>(() => trainer.Run(new float[_problem.Network.ParameterCount + 1]));
        Assert.Contains($"expected {_problem.Network.ParameterCount}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_not_weights_are_refused()
        => Assert.All((float[][])[[1, -1], [1, float.NaN], [1, float.PositiveInfinity], [1]], weights => Assert.Throws<ArgumentException>(
            () => TrainingSet.Create(_problem.Device, new float[8], new Compute.TensorShape(1, 2, 4), [0, 1], 3, weights)));

    private static EnsembleTrainer Trainer(SmallProblem problem, int members, bool trackLoss = false)
        => new(problem.Device, problem.Network, problem.Set, problem.Recipe, members, trackLoss);

    private static float[] Train(SmallProblem problem, float[] initial, int members, Func<int, int, bool>? isDropped = null)
    {
        using EnsembleTrainer trainer = Trainer(problem, members);
        trainer.Run(initial, isDropped);
        return trainer.Parameters;
    }

    private float[] Train(TrainingSet set, TrainingOptions options, Func<int, int, bool>? isDropped)
    {
        using var trainer = new EnsembleTrainer(_problem.Device, _problem.Network, set, options, members: 1);
        trainer.Run(_problem.Network.Initialise(1), isDropped);
        return trainer.Parameters;
    }

    private static void AssertClose(float[] expected, float[] found)
    {
        double difference = Math.Sqrt(expected.Zip(found, (a, b) => ((double)a - b) * ((double)a - b)).Sum());
        double size = Math.Sqrt(expected.Sum(a => (double)a * a));
        Assert.True(difference < 1e-4 * size, $"relative difference {difference / size}");
    }
}
