using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using Xunit;

namespace DdmNative.Attribution.Tests.Methods;

public sealed class RotatingEvaluationTests
{
    // Classes of 5, 4 and 3 samples.
    private static readonly int[] Labels = [0, 1, 0, 2, 1, 0, 2, 0, 1, 1, 2, 0];

    private static readonly Objective[] Objectives =
        [new(ObjectiveKind.Loss), new(ObjectiveKind.Loss, 1), new(ObjectiveKind.Margin, 2), new(ObjectiveKind.Logit, ofSamples: [3, 4]),
        new(ObjectiveKind.Loss, ofSamples: [7])];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Over_whole_rounds_every_objective_is_the_mean_over_its_samples(int perStep)
    {
        var rounds = new RotatingEvaluation(Objectives, Labels, perStep, seed: 5);

        // Twelve steps are whole rounds of twelve and of three samples, whatever a step looks at.
        const int steps = 12;
        var mean = new double[Objectives.Length, Labels.Length];
        for (int m = 0; m < steps; m++)
        {
            EvaluatedSample[] looked = rounds.At(m);
            Assert.Equal(rounds.Count, looked.Length);
            double[] weights = rounds.Weights(looked);
            for (int o = 0; o < Objectives.Length; o++)
            {
                for (int d = 0; d < looked.Length; d++)
                {
                    Assert.True(weights[o * looked.Length + d] == 0 || looked[d].Kind == Objectives[o].Kind);
                    mean[o, looked[d].Sample] += weights[o * looked.Length + d] / steps;
                }
            }
        }

        for (int o = 0; o < Objectives.Length; o++)
        {
            int[] over = [.. Enumerable.Range(0, Labels.Length)
                .Where(n => Objectives[o].Samples?.Contains(n) ?? (Objectives[o].Class is null || Objectives[o].Class == Labels[n]))];
            for (int n = 0; n < Labels.Length; n++)
                Assert.Equal(over.Contains(n) ? 1.0 / over.Length : 0, mean[o, n], 1e-12);
        }
    }

    [Fact]
    public void All_samples_at_once_need_no_turns()
    {
        var rounds = new RotatingEvaluation(Objectives, Labels, perStep: 0, seed: 5);

        Assert.Equal(rounds.At(0), rounds.At(1));
        Assert.Equal(12 + 3 + 2 + 1, rounds.Count);
    }

    [Fact]
    public void Classes_are_spread_evenly_along_a_round()
    {
        int[] labels = [.. Enumerable.Range(0, 40).Select(n => n / 10)];
        var rounds = new RotatingEvaluation([new Objective(ObjectiveKind.Loss)], labels, perStep: 4, seed: 3);

        for (int m = 0; m < 10; m++)
            Assert.Equal([0, 1, 2, 3], rounds.At(m).Select(looked => labels[looked.Sample]).Order());
    }
}
