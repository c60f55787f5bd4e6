using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Compute;
using Xunit;

namespace DdmNative.Attribution.Tests.Matching;

public sealed class GroupGradientsTests : IDisposable
{
    private readonly SmallProblem _problem = new();

    [Fact]
    public void Group_gradient_is_that_of_the_groups_mean_loss()
    {
        float[] gradients = _problem.Real.At(_problem.Last.Parameters);
        for (int group = 0; group < SmallProblem.GroupCount; group++)
        {
            int[] samples = [.. Enumerable.Range(0, _problem.Groups.Length).Where(sample => _problem.Groups[sample] == group)];
            AssertClose(Direct(samples), gradients.AsSpan(group * _problem.Network.ParameterCount, _problem.Network.ParameterCount), 1e-5);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 64)]
    [InlineData(32, 2)]
    public void Blocks_and_waves_change_rounding_at_most(int block, int wave)
    {
        using var other = new GroupGradients(
            _problem.Device, _problem.Network, _problem.Set.Images, _problem.Set.Labels, _problem.Groups, SmallProblem.GroupCount,
            new GroupGradientOptions(block, wave));
        AssertClose(_problem.Real.At(_problem.Last.Parameters), other.At(_problem.Last.Parameters), 1e-5);
    }

    [Fact]
    public void Gradients_at_a_checkpoint_are_computed_once()
    {
        float[] first = _problem.Real.At(_problem.Last);
        Assert.Same(first, _problem.Real.At(_problem.Last));
        Assert.NotSame(first, _problem.Real.At(_problem.Trajectory.Checkpoints[0]));
    }

    [Fact]
    public void Empty_group_and_unknown_group_are_refused()
    {
        int[] groups = [.. _problem.Groups];
        Assert.Contains("Group 6", Refusal(groups, 7), StringComparison.Ordinal);
        groups[3] = 9;
        Assert.Contains("Sample 3", Refusal(groups, SmallProblem.GroupCount), StringComparison.Ordinal);
    }

    [Fact]
    public void Agreement_tells_direction_size_and_distance()
    {
        GradientAgreement agreement = GradientAgreement.Measure([3, 0], [0, 4], 1)[0];
        Assert.Equal(new GradientAgreement(0, 0.75, 25.0 / 16), agreement);
        Assert.Equal(new GradientAgreement(1, 2, 1), GradientAgreement.Measure([2, 0], [1, 0], 1)[0]);
        Assert.Equal(0, GradientAgreement.Measure([0, 0], [1, 0], 1)[0].Cosine);
    }

    public void Dispose() => _problem.Dispose();

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        (double difference, double norm) = (0, 0);
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow(expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
        }
        Assert.True(difference <= tolerance * tolerance * norm, $"relative error {Math.Sqrt(difference / norm)}");
        Assert.True(norm > 0);
    }

    private string Refusal(int[] groups, int groupCount) => Assert.Throws<ArgumentException>(() => new GroupGradients(
        _problem.Device, _problem.Network, _problem.Set.Images, _problem.Set.Labels, groups, groupCount).Dispose()).Message;

    /// <summary>One member, exactly the group's samples, nothing padded.</summary>
    private float[] Direct(int[] samples)
    {
        Device device = _problem.Device;
        int length = SmallProblem.Image.Length;
        float[] pixels = [.. samples.SelectMany(sample => _problem.Images.AsSpan(sample * length, length).ToArray())];
        float[] oneHot = [.. samples.SelectMany(sample => Enumerable.Range(0, 3).Select(k => k == _problem.Labels[sample] ? 1f : 0f))];
        var logits = new TensorShape(1, samples.Length, 3);
        using Tensor images = device.Upload(SmallProblem.Image.For(1, samples.Length), pixels);
        using Tensor labels = device.Upload(logits, oneHot);
        using Tensor weights = device.Upload(new TensorShape(1, samples.Length, 1), [.. samples.Select(_ => 1f / samples.Length)]);
        using Tensor parameters = device.Upload(TensorShape.Vector(1, _problem.Network.ParameterCount), _problem.Last.Parameters);
        using Tensor gradient = device.Allocate(parameters.Shape);
        using Tensor cotangent = device.AllocateTransient(logits);
        using var pass = new NetworkPass(device, _problem.Network, 1, samples.Length);
        using IPlan plan = device.Record("direct", () =>
        {
            pass.Forward(parameters, images);
            device.SoftmaxCrossEntropy.Backward(pass.Output, labels, weights, cotangent);
            pass.Backward(parameters, images, cotangent, gradient, null);
        });
        plan.Run();
        return gradient.ToArray();
    }
}
