using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Tests.Sharding;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

public sealed class LeaveOutTrainingTests : IDisposable
{
    private static readonly int[][] LeftOut = [[], [0], [3], [1, 4], [5]];

    private readonly SmallProblem _problem = new();
    private readonly ModelEvaluator _evaluator;

    public LeaveOutTrainingTests()
        => _evaluator = new ModelEvaluator(_problem.Device, _problem.Network, _problem.Test.Images, _problem.Test.Count);

    public void Dispose()
    {
        _evaluator.Dispose();
        _problem.Dispose();
    }

    [Fact]
    public void Leaving_out_nothing_gives_the_target_bit_for_bit()
    {
        CounterfactualLogits result = Run(new WaveOptions());
        TrainedTarget target = TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe);
        Assert.Equal(_evaluator.Logits(target.Final, 1), result.Reference);
        Assert.Equal(result.Reference, result.Model(0).ToArray());
    }

    [Fact]
    public void Leaving_out_a_group_is_training_with_its_samples_dropped()
    {
        CounterfactualLogits result = Run(new WaveOptions());
        using var trainer = new EnsembleTrainer(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe, members: 1);
        trainer.Run(_problem.Network.Initialise(_problem.Recipe.Seed), (_, sample) => _problem.Groups.GroupOf[sample] is 1 or 4);
        Assert.Equal(_evaluator.Logits(trainer.Parameters, 1), result.Model(3).ToArray());
        Assert.NotEqual(result.Reference, result.Model(3).ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void The_wave_size_does_not_change_a_bit(int wave)
    {
        CounterfactualLogits expected = Run(new WaveOptions()), found = Run(new WaveOptions { Wave = wave });
        Assert.Equal(expected.Reference, found.Reference);
        Assert.Equal(expected.Without, found.Without);
    }

    [Fact]
    public void An_interrupted_run_goes_on_where_it_was_even_with_other_waves()
    {
        var kept = new Memory();
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Run(new WaveOptions
        {
            Wave = 2,
            Pieces = new PieceWork { Kept = kept },
            OnProgress = (done, total) =>
            {
                if (done > total * 2 / 3)
                    source.Cancel();
            },
        }, source.Token));
        Assert.Equal(4, kept.Values.Count);

        long trained = 0;
        CounterfactualLogits resumed = Run(
            new WaveOptions { Wave = 1, Pieces = new PieceWork { Kept = kept }, OnProgress = (_, total) => trained = total });
        Assert.Equal(2L * 12, trained);
        CounterfactualLogits straight = Run(new WaveOptions());
        Assert.Equal(straight.Without, resumed.Without);
        Assert.Equal(straight.Reference, resumed.Reference);
    }

    [Fact]
    public void Progress_rises_to_all_models_times_all_steps()
    {
        var seen = new List<(long Done, long Total)>();
        Run(new WaveOptions { Wave = 4, OnProgress = (done, total) => seen.Add((done, total)) });
        Assert.Equal(seen.Select(s => s.Done).Order(), seen.Select(s => s.Done));
        Assert.Equal((6L * 12, 6L * 12), seen[^1]);
    }

    [Fact]
    public void An_unknown_group_and_groups_of_other_samples_are_refused()
    {
        Assert.Contains("Group 6",
            Assert.Throws<ArgumentException>(
            () => Training(_problem.Groups.GroupOf).Train(_problem.Recipe, _problem.Network.Initialise(7), [[6]])).Message,
            StringComparison.Ordinal);
        Assert.Contains("3 samples are grouped", Assert.Throws<ArgumentException>(() => Training([0, 1, 2])).Message,
            StringComparison.Ordinal);
    }

    private LeaveOutTraining Training(int[] groupOf) => new(_problem.Device, _problem.Network, _problem.Set, groupOf, _evaluator);

    private CounterfactualLogits Run(WaveOptions options, CancellationToken cancellation = default)
        => Training(_problem.Groups.GroupOf)
            .Run(_problem.Recipe, _problem.Network.Initialise(_problem.Recipe.Seed), LeftOut, options, cancellation);
}
