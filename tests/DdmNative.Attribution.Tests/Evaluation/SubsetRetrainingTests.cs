using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Attribution.Tests.Training;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Evaluation;

public sealed class SubsetRetrainingTests : IDisposable
{
    private static readonly IReadOnlyList<SubsetModel> Models = SubsetModel.Each([7, 8], [[], [2], [0, 3], [1, 4, 5]]);

    private readonly SmallProblem _problem = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _problem.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Models_are_those_of_exact_retraining_to_the_bit()
    {
        using ModelEvaluator evaluator = Evaluator();
        IReadOnlyList<float[]> logits = Retraining(evaluator).Logits(Models, wave: 3);

        for (int i = 0; i < Models.Count; i++)
        {
            SubsetModel model = Models[i];
            using var trainer = new EnsembleTrainer(_problem.Device, _problem.Network, _problem.Set,
                _problem.Recipe with { Seed = model.Seed }, members: 1);
            trainer.Run(_problem.Network.Initialise(model.Seed), (_, sample) => model.Removed.Contains(_problem.Groups.GroupOf[sample]));
            Assert.Equal(evaluator.Logits(trainer.Parameters, 1), logits[i]);
        }
    }

    [Fact]
    public void What_is_there_is_not_trained_again_however_its_groups_are_numbered()
    {
        using ModelEvaluator evaluator = Evaluator();
        SubsetRetraining first = Retraining(evaluator);
        IReadOnlyList<float[]> logits = first.Logits(Models, wave: 8);
        Assert.Equal((8, 0), (first.Trained, first.Found));

        // The same cut with the groups' numbers turned round: group g is now 5 − g.
        SubsetRetraining second = Retraining(evaluator, [.. _problem.Groups.GroupOf.Select(g => 5 - g)]);
        IReadOnlyList<float[]> again = second.Logits(
            [.. Models.Select(model => model with { Removed = [.. model.Removed.Select(g => 5 - g)] })], wave: 1);

        Assert.Equal((0, 8), (second.Trained, second.Found));
        Assert.Equal(logits.SelectMany(of => of), again.SelectMany(of => of));
    }

    [Fact]
    public void Another_recipe_takes_nothing_from_the_store()
    {
        using ModelEvaluator evaluator = Evaluator();
        Retraining(evaluator).Logits(Models, wave: 8);

        SubsetRetraining other = Retraining(evaluator, recipe: _problem.Recipe with { LearningRate = 0.04f });
        other.Logits(Models, wave: 8);

        Assert.Equal((8, 0), (other.Trained, other.Found));
    }

    [Fact]
    public void Equal_models_are_trained_once()
    {
        using ModelEvaluator evaluator = Evaluator();
        SubsetRetraining retraining = Retraining(evaluator);

        IReadOnlyList<float[]> logits = retraining.Logits([new(7, [0, 3]), new(7, [3, 0]), new(7, [3, 0, 3])], wave: 8);

        Assert.Equal(1, retraining.Trained);
        Assert.Equal(logits[0], logits[2]);
    }

    [Fact]
    public void Interrupted_it_goes_on_to_the_same_bits()
    {
        using ModelEvaluator evaluator = Evaluator();
        IReadOnlyList<float[]> whole = Retraining(evaluator, store: "whole").Logits(Models, wave: 8);
        using var stop = new CancellationTokenSource();
        SubsetRetraining killed = Retraining(evaluator);

        Assert.Throws<OperationCanceledException>(() => killed.Logits(Models, wave: 2, (done, _) =>
        {
            if (done > 5)
                stop.Cancel();
        }, stop.Token));
        SubsetRetraining onward = Retraining(evaluator);
        IReadOnlyList<float[]> logits = onward.Logits(Models, wave: 3);

        Assert.Equal((4, 4), (onward.Trained, onward.Found));
        Assert.Equal(whole.SelectMany(of => of), logits.SelectMany(of => of));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(11)]
    public void Shards_train_every_model_once_and_together_all_of_them(int shards)
    {
        using ModelEvaluator evaluator = Evaluator();
        IReadOnlyList<float[]> whole = Retraining(evaluator, store: "whole").Logits(Models, wave: 8);
        int trained = 0;
        var files = new HashSet<string>();
        for (int index = 1; index <= shards; index++)
        {
            // Two requests of one job: the second asks again for half of what the first has asked for.
            var (shard, numbers) = (new Shard(index, shards), new ModelNumbers());
            foreach (IReadOnlyList<SubsetModel> asked in (IReadOnlyList<SubsetModel>[])[[Models[0], Models[5], Models[2], Models[5]],
                Models])
            {
                var share = new StageShare(shard, numbers);
                SubsetRetraining retraining = Retraining(evaluator, share: share);
                Assert.Throws<AwaitingShardsException>(() => retraining.Logits(asked, wave: 2));
                trained += retraining.Trained;
                Assert.Equal((asked.Distinct().Count(), retraining.Trained), (share.Of, share.Computed));
                files.UnionWith(share.Files);
            }
        }

        Assert.Equal(8, trained);
        Assert.Equal(8, files.Count);
        SubsetRetraining merged = Retraining(evaluator);
        Assert.Equal(whole.SelectMany(of => of), merged.Logits(Models, wave: 8).SelectMany(of => of));
        Assert.Equal(0, merged.Trained);
    }

    [Fact]
    public void Groups_that_are_none_and_a_model_of_nothing_are_refused()
    {
        using ModelEvaluator evaluator = Evaluator();
        SubsetRetraining retraining = Retraining(evaluator);

        Assert.Contains("Group 6 is not one of 0 to 5", Assert.Throws<ArgumentException>(() => retraining.Logits([new(7, [6])], 1)).Message,
            StringComparison.Ordinal);
        Assert.Contains("nothing would be left",
            Assert.Throws<ArgumentException>(() => retraining.Logits([new(7, [0, 1, 2, 3, 4, 5])], 1)).Message, StringComparison.Ordinal);
    }

    private ModelEvaluator Evaluator() => new(_problem.Device, _problem.Network, _problem.Test.Images, _problem.Test.Count);

    private SubsetRetraining Retraining(ModelEvaluator evaluator, int[]? groupOf = null, TrainingOptions? recipe = null,
        string store = "store", StageShare? share = null)
        => new(_problem.Device, _problem.Network, _problem.Set, groupOf ?? _problem.Groups.GroupOf, evaluator,
            new RetrainingIdentity("small problem", _problem.Network.Options, recipe
            ?? _problem.Recipe, _problem.Device.Arithmetic, "test"),
            new RetrainedModelStore(_folder.File(store)), share);
}
