using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Objectives;

/// <summary>The error of effects over the evaluation samples.</summary>
public sealed class SamplingErrorsTests
{
    private const int Samples = 40, Classes = 3, Models = 4;

    private static readonly int[] Labels = [.. Enumerable.Range(0, Samples).Select(m => m % Classes)];

    [Theory]
    [InlineData("loss")]
    [InlineData("loss:class=1")]
    [InlineData("margin")]
    [InlineData("accuracy:class=2")]
    [InlineData("logit:sample=3,4,9,11,20")]
    public void They_are_what_a_bootstrap_over_the_samples_finds(string text)
    {
        CounterfactualLogits logits = Logits();
        var objective = Objective.Parse(text);
        var errors = SamplingErrors.From(logits, Labels, [objective]);
        int[] samples = [.. objective.SamplesOf(Labels)];
        var random = new Random(3);
        for (int g = 0; g < Models; g++)
        {
            double[] differences = [.. samples.Select(m => Value(logits.Reference, m) - Value(logits.Model(g).ToArray(), m))];
            double[] means = [.. Enumerable.Range(0, 20_000)
                .Select(_ => Enumerable.Range(0, samples.Length).Average(_ => differences[random.Next(samples.Length)]))];
            double mean = means.Average(), spread = Math.Sqrt(means.Average(value => (value - mean) * (value - mean)));
            // The bootstrap divides by the number of samples, the standard error by one less.
            Assert.Equal(spread * Math.Sqrt(samples.Length / (samples.Length - 1.0)), errors[0, g], 0.03 * spread + 1e-9);
        }

        double Value(float[] of, int m)
            => new Objective(objective.Kind).Evaluate(of.AsSpan(m * Classes, Classes), Labels.AsSpan(m, 1));
    }

    [Fact]
    public void One_sample_has_none()
        => Assert.True(double.IsNaN(SamplingErrors.From(Logits(), Labels, [Objective.Parse("loss:sample=5")])[0, 0]));

    private static CounterfactualLogits Logits()
    {
        var random = new Random(1);
        float[] Draw() => [.. Enumerable.Range(0, Samples * Classes).Select(_ => (float)(4 * random.NextDouble()))];
        return CounterfactualLogits.Of(CounterfactualLogits.EachGroup(Models), Samples, Classes,
            [.. Enumerable.Range(0, Models + 1).Select(_ => Draw())]);
    }
}
