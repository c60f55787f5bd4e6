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
        float[] found = TargetTraining.Run(_problem.Device, _problem.Network, set, _problem.Recipe).Final, expected = _problem.Trajectory.Checkpoints[^1].Parameters;
        double error = Math.Sqrt(found.Zip(expected, (a, b) => ((double)a - b) * (a - b)).Sum() / expected.Sum(value => (double)value * value));
        output.WriteLine($"target: relative error {error:E1}");
        Assert.InRange(error, 0, 1e-5);
    }

    public void Dispose() => _problem.Dispose();
}
