using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceDropoutTests
{
    private const int Length = 40_000;

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void The_rate_is_the_share_of_elements_that_are_dropped(double rate)
    {
        double dropped = Mask(rate, seed: 1, layer: 0, sample: 2, step: 3).Count(value => value == 0);
        double deviation = Math.Sqrt(rate * (1 - rate) / Length);
        Assert.InRange(dropped / Length, rate - 4 * deviation, rate + 4 * deviation);
    }

    [Theory]
    [InlineData(2, 0, 2, 3)]
    [InlineData(1, 1, 2, 3)]
    [InlineData(1, 0, 3, 3)]
    [InlineData(1, 0, 2, 4)]
    [InlineData(1, 0, 3, 2)]
    public void Masks_of_another_seed_layer_sample_or_step_are_independent(int seed, int layer, int sample, int step)
    {
        double[] first = Mask(0.5, 1, 0, 2, 3), second = Mask(0.5, (ulong)seed, layer, sample, step);
        double equal = first.Zip(second).Count(pair => pair.First == pair.Second) / (double)Length;
        Assert.InRange(equal, 0.49, 0.51);
    }

    private static double[] Mask(double rate, ulong seed, int layer, int sample, int step)
    {
        var ones = new DoubleTensor(new TensorShape(1, 1, 100, 20, 20));
        Array.Fill(ones.Values, 1);
        DoubleTensor keys = DoubleTensor.FromFloats(new TensorShape(1, 1, 2), [sample, step]);
        return ReferenceDropout.Apply(1, rate, seed, layer, keys, ones).Values;
    }
}
