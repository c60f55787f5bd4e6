using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

/// <summary>Trainings with weight decay, Nesterov's momentum, one cycle, label smoothing, crops and flips.</summary>
public sealed class RecipeTests : IDisposable
{
    private readonly SmallProblem _problem = new(threads: 2);
    private readonly TrainingOptions _recipe;
    private readonly TrainingSet _set;

    public RecipeTests()
    {
        _recipe = _problem.Recipe with
        {
            WeightDecay = 5e-3f,
            Nesterov = true,
            Schedule = LearningRateShape.OneCycle,
            LabelSmoothing = 0.1f,
            Crop = 2,
            Flip = true,
        };
        _set = TrainingSet.Create(_problem.Device, _problem.Train, _recipe.LabelSmoothing);
    }

    public void Dispose()
    {
        _set.Dispose();
        _problem.Dispose();
    }

    /// <summary>Each option by itself, so that none is ignored.</summary>
    [Fact]
    public void Every_option_changes_the_model()
    {
        TrainingOptions plain = _problem.Recipe;
        float[][] models = [.. ((TrainingOptions[])[plain, plain with { WeightDecay = 5e-3f }, plain with { Nesterov = true },
            plain with { Schedule = LearningRateShape.OneCycle }, plain with { Warmup = 0.5f }, plain with { LabelSmoothing = 0.1f },
            plain with { Crop = 1 }, plain with { Flip = true }]).Select(Train)];
        for (int i = 0; i < models.Length; i++)
            Assert.All(models[..i], other => Assert.NotEqual(other, models[i]));
    }

    /// <summary>
    /// One step on all samples, against a training on a set that contains the moved images: moved here by the definition, pixel by pixel.
    /// </summary>
    [Fact]
    public void A_step_sees_the_images_moved_by_the_definition()
    {
        int count = _problem.Train.Count, size = _problem.Train.ImageSize;
        TrainingOptions whole = _problem.Recipe with { BatchSize = count, Steps = 1, Crop = 3, Flip = true };
        var moves = new float[count * ImageMoves.PerSample];
        new ImageMoves(whole).Fill(0, [.. Enumerable.Range(0, count)], moves);
        float[] moved = new float[count * size];
        for (int n = 0; n < count; n++)
            Move(_problem.Train.Image(n), [.. moves[(3 * n)..(3 * n + 3)].Select(value => (int)value)], moved.AsSpan(n * size, size));
        using TrainingSet set = TrainingSet.Create(_problem.Device, moved, _problem.Network.Input.For(1, count), _problem.Train.Labels, 3);

        Assert.Equal(Train(whole with { Crop = 0, Flip = false }, set), Train(whole));

        static void Move(ReadOnlySpan<float> image, int[] move, Span<float> moved)
        {
            const int Side = 8;
            for (int h = 0; h < Side; h++)
            {
                for (int w = 0; w < Side; w++)
                {
                    int y = h + move[0], x = (move[2] == 1 ? Side - 1 - w : w) + move[1];
                    moved[h * Side + w] = y is >= 0 and < Side && x is >= 0 and < Side ? image[y * Side + x] : 0;
                }
            }
        }
    }

    [Fact]
    public void A_member_has_the_same_bits_alone_and_among_others()
    {
        using var trainer = new EnsembleTrainer(_problem.Device, _problem.Network, _set, _recipe, members: 3, stepsTogether: 2);
        trainer.Run(_problem.Network.Initialise(1), IsDropped);
        float[] together = trainer.Parameters;
        int length = _problem.Network.ParameterCount;
        for (int member = 0; member < 3; member++)
        {
            int one = member;
            using var alone = new EnsembleTrainer(_problem.Device, _problem.Network, _set, _recipe, members: 1);
            alone.Run(_problem.Network.Initialise(1), (_, sample) => IsDropped(one, sample));
            Assert.Equal(together[(member * length)..((member + 1) * length)], alone.Parameters);
        }

        static bool IsDropped(int member, int sample) => sample % 3 == member;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(11)]
    public void A_resumed_training_has_the_same_bits(int stopAt)
    {
        float[] initial = _problem.Network.Initialise(1);
        using var whole = new EnsembleTrainer(_problem.Device, _problem.Network, _set, _recipe, members: 1);
        float[] parameters = [], velocity = [];
        whole.Run(initial, onStep: (step, _) =>
        {
            if (step == stopAt)
                (parameters, velocity) = (whole.Parameters, whole.Velocity);
        });
        using var rest = new EnsembleTrainer(_problem.Device, _problem.Network, _set, _recipe, members: 1);
        rest.RunFrom(stopAt, parameters, velocity);
        Assert.Equal(whole.Parameters, rest.Parameters);
    }

    /// <summary>Retraining everything is exact retraining, and the top on activations is trained without moves.</summary>
    [Fact]
    public void The_depth_dial_follows_the_recipe()
    {
        TrainedTarget target = TargetTraining.Run(_problem.Device, _problem.Network, _set, _recipe);
        int[][] leftOut = [[1]];
        float[] Logits(Depth depth, TrainingOptions recipe)
        {
            using var partial = new PartialRetraining(_problem.Device, _problem.Network, depth, target.Final, _problem.Train, _problem.Test,
                recipe.LabelSmoothing);
            return partial.Run(recipe, target.Initial, _problem.Groups.GroupOf, leftOut).Without;
        }

        using var evaluator = new ModelEvaluator(_problem.Device, _problem.Network, _problem.Test.Images, _problem.Test.Count);
        Assert.Equal(
            new LeaveOutTraining(_problem.Device, _problem.Network, _set, _problem.Groups.GroupOf, evaluator)
                .Run(_recipe, target.Initial, leftOut).Without,
            Logits(Depth.All, _recipe));
        Assert.Equal(Logits(Depth.Head, _recipe with { Crop = 0, Flip = false }), Logits(Depth.Head, _recipe));
        Assert.NotEqual(Logits(Depth.Head, _recipe with { WeightDecay = 0 }), Logits(Depth.Head, _recipe));
    }

    [Fact]
    public void Another_smoothing_than_the_sets_is_refused()
        => Assert.Throws<ArgumentException>(
            () => new EnsembleTrainer(_problem.Device, _problem.Network, _problem.Set, _recipe, members: 1));

    private float[] Train(TrainingOptions recipe)
    {
        using TrainingSet set = TrainingSet.Create(_problem.Device, _problem.Train, recipe.LabelSmoothing);
        return Train(recipe, set);
    }

    private float[] Train(TrainingOptions recipe, TrainingSet set)
    {
        using var trainer = new EnsembleTrainer(_problem.Device, _problem.Network, set, recipe, members: 1);
        trainer.Run(_problem.Network.Initialise(1));
        return trainer.Parameters;
    }
}
