using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Training;

public sealed class LabelVectorsTests
{
    [Fact]
    public void Without_smoothing_they_are_one_hot() => Assert.Equal([0f, 0, 1, 1, 0, 0], Vectors([2, 0], 3, 0));

    [Fact]
    public void Smoothing_takes_from_the_class_what_it_gives_to_all()
        => Assert.Equal([0.05f, 0.05f, 0.85f, 0.05f], Vectors([2], 4, 0.2f), (a, b) => Math.Abs(a - b) < 1e-7);

    [Fact]
    public void A_synset_starts_with_the_label_vectors_of_its_samples()
    {
        var start = new SynsetStart(new ImageShape(1, 1, 2), 2, [1, 2, 3, 4, 5, 6], [0, 1, 1]) { LabelSmoothing = 0.2f };
        Assert.Equal(Vectors([0, 1], 2, 0.2f), start.Nearest([0, 2], 1).Labels);
        // Half of either class: the mean of (.9, .1) and (.1, .9).
        Assert.Equal([0.5f, 0.5f], start.Means([[0, 1]], 1).Labels, (a, b) => Math.Abs(a - b) < 1e-7);
        Assert.Equal(Vectors([1], 2, 0.2f), start.Means([[1, 2]], 1).Labels);
    }

    /// <summary>The cotangent of the training loss is the derivative of −Σ q log p by each logit.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.3f)]
    public void The_training_losses_cotangent_matches_finite_differences(float smoothing)
    {
        float[] z = [0.3f, -1.2f, 2.1f], cotangent = new float[3], label = Vectors([1], 3, smoothing);
        ObjectiveCotangents.FillTrainingLoss(z, 1, smoothing, 0.5, cotangent);
        for (int k = 0; k < 3; k++)
        {
            const double Step = 1e-5;
            Assert.Equal(0.5 * (Loss(k, Step) - Loss(k, -Step)) / (2 * Step), cotangent[k], 1e-6);
        }

        double Loss(int moved, double step)
        {
            double[] logits = [.. z.Select((value, k) => k == moved ? value + step : value)];
            double sum = logits.Sum(Math.Exp);
            return -logits.Select((value, k) => label[k] * (value - Math.Log(sum))).Sum();
        }
    }

    private static float[] Vectors(int[] labels, int classes, float smoothing)
        => new LabelVectorRows(labels, classes, smoothing).Copy([.. Enumerable.Range(0, labels.Length)]);
}
