using DdmNative.Attribution.Online;
using DdmNative.Attribution.Tests.Matching;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Online;

/// <summary>What the online modes make of a target that was trained with weight decay and Nesterov's momentum.</summary>
public sealed class OnlineRecipeTests : IDisposable
{
    private static readonly TrainingOptions Decayed = SmallProblem.Recipe with { WeightDecay = 0.1f };

    private readonly SmallProblem _problem = new();

    /// <summary>Without any image the loss is the decay alone: K steps of SGD on λ‖θ‖²/2, computed here in float64.</summary>
    [Fact]
    public void Repair_without_images_only_decays()
    {
        const int Steps = 5;
        const float Rate = 0.02f, Momentum = 0.9f;
        OnlineContext context = Context(Decayed) with { Removals = [[.. Enumerable.Range(0, SmallProblem.GroupCount)]] };
        float[] found = new Repair(new RepairOptions(Steps, Rate, Momentum)).Run(context).Parameters;
        for (int p = 0; p < found.Length; p++)
        {
            double value = _problem.Last.Parameters[p], velocity = 0;
            for (int step = 0; step < Steps; step++)
            {
                velocity = Momentum * velocity + Decayed.WeightDecay * value;
                value -= Rate * velocity;
            }

            Assert.Equal(value, found[p], 1e-6);
        }
    }

    /// <summary>
    /// The first bin starts on the recorded trajectory, where the decay's difference is zero; in the second, it adds −ηλ(θ̃ − θ_t) and, by
    /// its velocity, nothing else.
    /// </summary>
    [Fact]
    public void Controlled_replay_decays_the_deviation()
    {
        const float Rate = 0.05f;
        float[][] recorded = [.. _problem.Trajectory.Checkpoints.Take(3).Select(checkpoint => checkpoint.Parameters)];
        (float[] first, float[] second) = Walk(Decayed);
        (float[] plainFirst, float[] plainSecond) = Walk(SmallProblem.Recipe);

        Assert.Equal(plainFirst, first);
        double largest = 0;
        for (int p = 0; p < first.Length; p++)
        {
            double expected = -Rate * Decayed.WeightDecay * ((double)first[p] - recorded[1][p]);
            Assert.Equal(expected, (double)second[p] - plainSecond[p], 1e-6);
            largest = Math.Max(largest, Math.Abs(expected));
        }

        Assert.True(largest > 1e-4, $"a decay of {largest} at most tests little");

        (float[] First, float[] Second) Walk(TrainingOptions recipe)
        {
            OnlineContext context = Context(recipe);
            using var step = new ControlledReplayStep(context, context.Synset, [[2]], recorded[0], momentum: 0.9f);
            step.Run(0, context.Synset, recorded[0], recorded[1], 2);
            float[] one = step.Parameters;
            step.Run(1, context.Synset, recorded[1], recorded[2], Rate);
            return (one, step.Parameters);
        }
    }

    [Theory]
    [InlineData("replay")]
    [InlineData("controlled-replay")]
    public void A_replay_takes_the_trainings_kind_of_momentum(string mode)
    {
        OnlineContext context = OnlineModeTests.Context(_problem, mode);
        float[] plain = OnlineModeTests.Mode(_problem, mode).Run(context).Parameters;
        Assert.NotEqual(plain,
            OnlineModeTests.Mode(_problem, mode).Run(context with { Recipe = SmallProblem.Recipe with { Nesterov = true } }).Parameters);
    }

    public void Dispose() => _problem.Dispose();

    private OnlineContext Context(TrainingOptions recipe)
        => new(_problem.Device, _problem.Network, _problem.Last.Parameters, _problem.Unmatched(2), _problem.Real.Sizes)
        {
            Trajectory = _problem.Trajectory,
            Recipe = recipe,
        };
}
