using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Methods;

/// <summary>Attribution of a head on features of any model.</summary>
public sealed class FeatureMethodTests
{
    public static TheoryData<string, int> Methods
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string method in (ReadOnlySpan<string>)["head", "retrain", "feature", "finetune:epochs=1", "influence:iterations=3",
                "influence:curvature=hessian:iterations=3", "ekfac", "trak:models=2:dim=9", "tracin:checkpoints=2", "grad-dot", "grad-cos",
                "in-run-shapley:every=4", "in-run-shapley:every=4:order=2", "untrac:steps=2", "untrac-inv:steps=2", "mirrored-influence",
                "cg-score", "loss", "random"])
            {
                data.Add(method, 0);
                data.Add(method, 1);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Features_that_are_read_row_by_row_give_the_bits_of_features_in_memory(string method, int depth)
    {
        using var memory = new FeatureProblem(isInMemory: true, depth);
        using var rows = new FeatureProblem(isInMemory: false, depth);
        Assert.Equal(memory.Target, rows.Target);
        using MethodContext expected = memory.Request();
        using MethodContext found = rows.Request();

        double[,] effects = MethodRegistry.Attribute(method, expected).ToArray();
        Assert.Equal(effects, MethodRegistry.Attribute(method, found).ToArray());
        Assert.Contains(effects.Cast<double>(), effect => effect != 0);
    }

    /// <summary>
    /// Softmax regression is convex: with the exact Hessian, next to no damping and enough iterations, influence is the first-order term of
    /// the difference between two minima, and training to convergence without the sample is that difference. The term that is left out is
    /// the sample's leverage, of the order P/N.
    /// </summary>
    [Theory]
    [InlineData("hessian")]
    [InlineData("gauss-newton")]
    public void Influence_on_softmax_regression_is_leave_one_out_retraining(string curvature)
    {
        using var problem = new FeatureProblem(isInMemory: false, depth: 0,
            new TrainingOptions(LearningRate: 0.5f, BatchSize: FeatureProblem.TrainCount, Epochs: 1500, Seed: 5));
        const int Left = 16;

        // The first samples are parts of their own; the rest of each class is one part.
        GroupTable parts = new(
            [.. Enumerable.Range(0, FeatureProblem.TrainCount).Select(n => n < Left ? n : Left + problem.Train.Labels[n])],
            [.. problem.Train.Labels[..Left], 0, 1, 2], [.. Enumerable.Range(0, Left + FeatureProblem.Classes)]);
        IReadOnlyList<Objective> objectives = [new Objective(ObjectiveKind.Loss), new Objective(ObjectiveKind.Loss, 1)];
        using MethodContext request = problem.Request(parts, objectives);
        AttributionMatrix predicted = MethodRegistry.Attribute(
            $"influence:curvature={curvature}:damping=0.000001:iterations=200:tolerance=0.000001:samples=0", request);
        AttributionMatrix exact = MethodRegistry.Attribute("retrain", request);

        for (int o = 0; o < objectives.Count; o++)
        {
            double[] found = predicted.Row(objectives[o].Name)[..Left], truth = exact.Row(objectives[o].Name)[..Left];
            Assert.InRange(Correlation.Pearson(found, truth), 0.995, 1);
            Assert.InRange(Correlation.SlopeThroughOrigin(found, truth), 0.95, 1.2);
        }
    }
}
