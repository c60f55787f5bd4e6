using DdmNative.Attribution.Online;
using DdmNative.Attribution.Online.Baselines;
using DdmNative.Attribution.Tests.Matching;
using Xunit;

namespace DdmNative.Attribution.Tests.Online;

public sealed class BaselineTests : IDisposable
{
    private readonly SmallProblem _problem = new();

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
