using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

public sealed class ExactRetrainingTests : IDisposable
{
    private static readonly int[][] LeftOut = [[], [0], [3], [1, 4], [5]];

    private readonly SmallProblem _problem = new();
    private readonly ModelEvaluator _evaluator;

    public ExactRetrainingTests() => _evaluator = new ModelEvaluator(_problem.Device, _problem.Network, _problem.Test.Images, _problem.Test.Count);

    public void Dispose()
    {
        _evaluator.Dispose();
        _problem.Dispose();
    }

    [Fact]
    public void Leaving_out_nothing_gives_the_target_bit_for_bit()
    {
        CounterfactualLogits result = Run(new WaveOptions())[0];
        TrainedTarget target = TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe);
        Assert.Equal(_evaluator.Logits(target.Final, 1), result.Reference);
        Assert.Equal(result.Reference, result.Model(0).ToArray());
    }

    [Fact]
    public void Leaving_out_a_group_is_training_with_its_samples_dropped()
    {
        CounterfactualLogits result = Run(new WaveOptions())[0];
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
        IReadOnlyList<CounterfactualLogits> expected = Run(new WaveOptions(), 7, 8), found = Run(new WaveOptions { Wave = wave }, 7, 8);
        Assert.All(Enumerable.Range(0, 2), r => Assert.Equal(expected[r].Reference, found[r].Reference));
        Assert.All(Enumerable.Range(0, 2), r => Assert.Equal(expected[r].Without, found[r].Without));
        Assert.NotEqual(expected[0].Reference, expected[1].Reference);
    }

    [Fact]
    public void An_interrupted_run_goes_on_where_it_was_even_with_other_waves()
    {
        var finished = new List<RetrainedWave>();
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Run(new WaveOptions
        {
            Wave = 4,
            OnWave = wave =>
            {
                finished.Add(wave);
                if (finished.Count == 3)
                    source.Cancel();
            },
        }, source.Token, 7, 8));

        var trained = new List<(ulong, int)>();
        IReadOnlyList<CounterfactualLogits> resumed = Run(new WaveOptions
        {
            Wave = 1,
            Finished = finished,
            OnWave = wave => trained.AddRange(wave.Members.Select(member => (wave.Seed, member))),
        }, 7, 8);
        Assert.Equal([(8, 4), (8, 5)], trained);
        IReadOnlyList<CounterfactualLogits> straight = Run(new WaveOptions(), 7, 8);
        Assert.All(Enumerable.Range(0, 2), r => Assert.Equal(straight[r].Without, resumed[r].Without));
        Assert.All(Enumerable.Range(0, 2), r => Assert.Equal(straight[r].Reference, resumed[r].Reference));
    }

    [Fact]
    public void Progress_rises_to_all_models_times_all_steps()
    {
        var seen = new List<(long Done, long Total)>();
        Run(new WaveOptions { Wave = 4, OnProgress = (done, total) => seen.Add((done, total)) }, 7, 8);
        Assert.Equal(seen.Select(s => s.Done).Order(), seen.Select(s => s.Done));
        Assert.Equal((2L * 6 * 12, 2L * 6 * 12), seen[^1]);
    }

    [Fact]
    public void A_repeated_seed_or_an_unknown_group_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Run(new WaveOptions(), 7, 7));
        Assert.Throws<ArgumentException>(() => Run(new WaveOptions(), []));
        var retraining = new ExactRetraining(_problem.Device, _problem.Network, _problem.Set, _problem.Groups.GroupOf, _evaluator);
        Assert.Contains("Group 6", Assert.Throws<ArgumentException>(() => retraining.Run(_problem.Recipe, [1], [[6]])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finished_wave_of_other_models_is_refused()
        => Assert.Throws<ArgumentException>(() => Run(new WaveOptions { Finished = [new RetrainedWave(7, [6], new float[63])] }, 7));

    private IReadOnlyList<CounterfactualLogits> Run(WaveOptions options) => Run(options, default(CancellationToken), 7);

    private IReadOnlyList<CounterfactualLogits> Run(WaveOptions options, params ulong[] seeds) => Run(options, default, seeds);

    private IReadOnlyList<CounterfactualLogits> Run(WaveOptions options, CancellationToken cancellation, params ulong[] seeds)
        => new ExactRetraining(_problem.Device, _problem.Network, _problem.Set, _problem.Groups.GroupOf, _evaluator).Run(_problem.Recipe, seeds, LeftOut, options, cancellation);
}
