using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Tests.Training;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.DepthDial;

public sealed class PartialRetrainingTests : IDisposable
{
    private static readonly int[][] LeftOut = [[], [0], [3], [1, 4]];

    private readonly SmallProblem _problem = new();
    private readonly TrainedTarget _target;

    public PartialRetrainingTests() => _target = TargetTraining.Run(_problem.Device, _problem.Network, _problem.Set, _problem.Recipe);

    public void Dispose() => _problem.Dispose();

    [Fact]
    public void Retraining_all_layers_is_exact_retraining_bit_for_bit()
    {
        using var evaluator = new ModelEvaluator(_problem.Device, _problem.Network, _problem.Test.Images, _problem.Test.Count);
        CounterfactualLogits exact = new LeaveOutTraining(_problem.Device, _problem.Network, _problem.Set, _problem.Groups.GroupOf,
            evaluator)
            .Run(_problem.Recipe, _problem.Network.Initialise(_problem.Recipe.Seed), LeftOut);
        CounterfactualLogits all = Retrain(Depth.All);
        Assert.Equal(exact.Reference, all.Reference);
        Assert.Equal(exact.Without, all.Without);
    }

    [Theory]
    [InlineData("head")]
    [InlineData("block:1")]
    public void The_top_is_trained_on_what_the_lower_layers_say_of_every_sample(string depth)
    {
        // The whole network with its lower layers held at the target by hand: forward below, train above, evaluate above.
        int cut = Depth.Parse(depth).FirstLayer(_problem.Network);
        Network top = _problem.Network.Top(cut);
        using var whole = new ModelEvaluator(_problem.Device, _problem.Network, _problem.Test.Images, _problem.Test.Count);
        FrozenFeatures features = FrozenFeatures.Compute(_problem.Device, _problem.Network, cut, _target.Final, _problem.Train.Images);
        using TrainingSet set = TrainingSet.Create(_problem.Device, features.Values, features.Shape.For(1, features.Count),
            _problem.Train.Labels, 3);
        using var trainer = new EnsembleTrainer(_problem.Device, top, set, _problem.Recipe, members: 1);
        trainer.Run(_target.Initial.AsSpan(top.ParameterOffset), (_, sample) => _problem.Groups.GroupOf[sample] == 3);
        float[] expected = whole.Logits([.. _target.Final[..top.ParameterOffset], .. trainer.Parameters], 1);

        CounterfactualLogits found = Retrain(Depth.Parse(depth));
        Assert.Equal(expected, found.Model(2).ToArray());
        Assert.Equal(found.Reference, found.Model(0).ToArray());
        Assert.NotEqual(found.Reference, found.Model(2).ToArray());
    }

    [Fact]
    public void Features_under_the_cut_continue_to_the_targets_own_logits()
    {
        Network top = _problem.Network.Top(_problem.Network.HeadStart);
        FrozenFeatures features = FrozenFeatures.Compute(_problem.Device, _problem.Network, _problem.Network.HeadStart, _target.Final,
            _problem.Test.Images);
        Assert.Equal((5 * 2 * 2, _problem.Test.Count), (features.Dimensions, features.Count));
        using var upper = new ModelEvaluator(_problem.Device, top, features.Values, features.Count);
        using var whole = new ModelEvaluator(_problem.Device, _problem.Network, _problem.Test.Images, _problem.Test.Count);
        Assert.Equal(whole.Logits(_target.Final, 1), upper.Logits(_target.Final.AsSpan(top.ParameterOffset), 1));
    }

    [Fact]
    public void A_synset_with_every_sample_predicts_as_the_samples_do()
    {
        using var head = new PartialRetraining(_problem.Device, _problem.Network, Depth.Head, _target.Final, _problem.Train, _problem.Test);
        FeatureSynset synset = FeatureSynset.Distil(head.TrainingFeatures, _problem.Groups, perGroup: 9);
        Assert.Equal(_problem.Train.Count, synset.Labels.Length);
        Assert.All(synset.Counts, count => Assert.Equal(1, count));
        TrainingOptions full = _problem.Recipe with { BatchSize = 1000, Steps = 12 };
        CounterfactualLogits samples = head.Run(full, _target.Initial, _problem.Groups.GroupOf, LeftOut);
        CounterfactualLogits distilled = head.RunDistilled(full, _target.Initial, synset,
            new FeatureSynsetSchedule { BatchSize = null, Steps = 12 }, LeftOut);
        Assert.All(Enumerable.Range(0, samples.Without.Length), i => Assert.Equal(samples.Without[i], distilled.Without[i], 1e-4f));
        Assert.Contains(Enumerable.Range(0, samples.Reference.Length), i => Math.Abs(samples.Model(1)[i] - samples.Reference[i]) > 1e-2);
    }

    [Fact]
    public void Features_are_drawn_from_every_stratum_and_weigh_what_they_stand_for()
    {
        // Group 0 has two far clusters, of 12 and of 4; group 1 has a single sample.
        float[] values = [.. Enumerable.Range(0, 12).Select(i => i / 100f), .. Enumerable.Range(0, 4).Select(i => 100 + i / 100f), 5];
        var features = new FrozenFeatures(new ImageShape(1, 1, 1), 17, values);
        var groups = new GroupTable([.. Enumerable.Repeat(0, 16), 1], [4, 2], [0, 0]);

        FeatureSynset synset = FeatureSynset.Distil(features, groups, perGroup: 8);

        Assert.Equal([.. Enumerable.Repeat(0, 8), 1], synset.Groups);
        Assert.Equal([.. Enumerable.Repeat(4, 8), 2], synset.Labels);
        Assert.Equal(6, synset.Features.Values[..8].Count(value => value < 50));
        Assert.All(synset.Counts[..8], count => Assert.Equal(2, count));
        Assert.Equal((5f, 1f), (synset.Features.Values[8], synset.Counts[8]));
        Assert.All(synset.Features.Values, value => Assert.Contains(value, values));
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(80, 72)]
    [InlineData(1200, 278)]
    public void Larger_groups_give_more_features_though_a_smaller_share(int size, int features)
    => Assert.Equal(features, FeatureSynset.CountFor(size));

    [Fact]
    public void A_synset_of_another_depth_is_refused()
    {
        using var head = new PartialRetraining(_problem.Device, _problem.Network, Depth.Head, _target.Final, _problem.Train, _problem.Test);
        using var block = new PartialRetraining(_problem.Device, _problem.Network, Depth.Blocks(1), _target.Final, _problem.Train,
            _problem.Test);
        FeatureSynset synset = FeatureSynset.Distil(head.TrainingFeatures, _problem.Groups);
        Assert.Throws<ArgumentException>(
            () => block.RunDistilled(_problem.Recipe, _target.Initial, synset, new FeatureSynsetSchedule(), LeftOut));
    }

    [Fact]
    public void Fewer_steps_walk_the_same_distance()
    {
        TrainingOptions recipe = new FeatureSynsetSchedule { Steps = 40 }.Apply(new TrainingOptions(), targetSteps: 400, samples: 800);
        Assert.Equal((40, 0.2f, 64), (recipe.TotalSteps(800), recipe.LearningRate, recipe.BatchSize));
    }

    private CounterfactualLogits Retrain(Depth depth)
    {
        using var partial = new PartialRetraining(_problem.Device, _problem.Network, depth, _target.Final, _problem.Train, _problem.Test);
        return partial.Run(_problem.Recipe, _target.Initial, _problem.Groups.GroupOf, LeftOut, new WaveOptions { Wave = 3 });
    }
}
