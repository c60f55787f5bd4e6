using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Online.Baselines;
using DdmNative.Attribution.Tests.Matching;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Online;

public sealed class BaselineTests : IDisposable
{
    private readonly SmallProblem _problem = new();

    [Fact]
    public void TracIn_sums_products_of_gradients_over_the_steps()
    {
        using var objectives = new GroupGradients(_problem.Device, _problem.Network, _problem.Set.Images, _problem.Set.Labels,
            _problem.Labels, 3);
        var trajectory = new Trajectory([_problem.Trajectory.Checkpoints[0], _problem.Trajectory.Checkpoints[10], _problem.Last]);
        AttributionMatrix effects = TracIn.Attribute(_problem.Real, objectives, [0, 1, 2], trajectory, SmallProblem.Recipe);
        double expected = 0;
        foreach ((int from, int to) in new[] { (0, 10), (10, trajectory.TotalSteps) })
        {
            double rate = Enumerable.Range(from, to - from)
                .Sum(step => (double)CosineSchedule.At(step, trajectory.TotalSteps, SmallProblem.Recipe.LearningRate));
            ReadOnlySpan<float> objective = Slice(objectives.At(trajectory.At(to)), 1);
            ReadOnlySpan<float> group = Slice(_problem.Real.At(trajectory.At(to)), 3);
            double dot = 0;
            for (int p = 0; p < objective.Length; p++)
                dot += (double)objective[p] * group[p];
            expected -= rate * dot * _problem.Real.Sizes[3] / _problem.Groups.Length;
        }
        Assert.Equal(["loss", "loss:class=0", "loss:class=1", "loss:class=2"], effects.Objectives);
        Assert.Equal(expected, effects[2, 3], 1e-9);
        double mean = Enumerable.Range(0, 3)
            .Sum(c => effects[1 + c, 3] * _problem.Labels.Count(label => label == c)) / _problem.Labels.Length;
        Assert.Equal(mean, effects[0, 3], 1e-9);
        Assert.True(expected < 0, "a group helps its own class");
    }

    [Fact]
    public void One_step_walks_up_the_groups_own_loss()
    {
        OnlineContext context = OnlineModeTests.Context(_problem, "repair") with { Removals = [[0], [0, 2]] };
        PerturbedModels models = new OneStep(_problem.Real, 0.5f).Run(context);
        float[] gradients = _problem.Real.At(_problem.Last.Parameters);
        double share = 0.5 / _problem.Groups.Length;
        for (int p = 0; p < models.Control.Length; p++)
        {
            double step = share * _problem.Real.Sizes[0] * Slice(gradients, 0)[p];
            Assert.Equal(_problem.Last.Parameters[p] + step, models[0][p], 1e-6);
            Assert.Equal(_problem.Last.Parameters[p] + step + share * _problem.Real.Sizes[2] * Slice(gradients, 2)[p], models[1][p], 1e-6);
        }
    }

    public void Dispose() => _problem.Dispose();

    private ReadOnlySpan<float> Slice(float[] gradients, int index)
        => gradients.AsSpan(index * _problem.Network.ParameterCount, _problem.Network.ParameterCount);
}
