using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using Xunit;
using Xunit.Abstractions;

namespace DdmNative.Attribution.Tests.Methods;

/// <summary>Every method against a PyTorch script that computes it the plain way in float64 (tests/golden/methods.py).</summary>
public sealed class MethodGoldenTests(ITestOutputHelper output) : IDisposable
{
    private readonly GoldenProblem _problem = new();

    [Theory]
    [InlineData("loss")]
    [InlineData("grad-dot")]
    [InlineData("grad-cos")]
    [InlineData("retrain")]
    [InlineData("finetune")]
    [InlineData("tracin")]
    [InlineData("influence")]
    [InlineData("influence:curvature=hessian:damping=2")]
    [InlineData("influence:solver=lissa:iterations=40")]
    [InlineData("ekfac")]
    [InlineData("trak:models=2:dim=8")]
    [InlineData("in-run-shapley:every=2:validation=0")]
    [InlineData("in-run-shapley:order=2:every=2:validation=0")]
    [InlineData("untrac:steps=5:rate=0.002:batch=2")]
    [InlineData("untrac-inv:steps=5:rate=0.002:batch=3")]
    [InlineData("mirrored-influence")]
    [InlineData("cg-score")]
    [InlineData("datamodel:subsets=12")]
    [InlineData("datamodel:subsets=12:penalty=lasso")]
    [InlineData("model-averaging:shards=3:deals=2")]
    [InlineData("encoded-ensemble:members=6")]
    public void A_method_says_what_PyTorch_says(string method)
    {
        using MethodContext request = _problem.Request();

        AttributionMatrix found = MethodRegistry.Attribute(method, request);

        double error = GoldenProblem.RelativeError(found, _problem.Tensor("method." + method));
        output.WriteLine($"{method}: relative error {error:E1}");
        Assert.InRange(error, 0, 1e-4);
    }

    [Fact]
    public void The_target_is_the_one_that_PyTorch_trained()
    {
        using TrainingSet set = TrainingSet.Create(_problem.Device, _problem.Train);
        float[] found = TargetTraining.Run(_problem.Device, _problem.Network, set, _problem.Recipe).Final,
            expected = _problem.Trajectory.Checkpoints[^1].Parameters;
        double error = Math.Sqrt(
            found.Zip(expected, (a, b) => ((double)a - b) * (a - b)).Sum() / expected.Sum(value => (double)value * value));
        output.WriteLine($"target: relative error {error:E1}");
        Assert.InRange(error, 0, 1e-5);
    }

    public void Dispose() => _problem.Dispose();
}
