using System.Globalization;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Attribution.Training;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using Xunit;
using Xunit.Abstractions;

namespace DdmNative.Attribution.Tests.Methods;

/// <summary>
/// <see cref="Adjoint"/> against plain autograd through a training (tests/golden/adjoint.py), against retrainings with one sample's weight
/// moved, and against the influence function at an optimum.
/// </summary>
public sealed class AdjointTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("adjoint")]
    [InlineData("adjoint:from=0.5")]
    [InlineData("adjoint:curvature=gauss-newton")]
    [InlineData("adjoint:ensemble=2:keep=0.6")]
    [InlineData("adjoint:ensemble=2:keep=0.6:seeds=each")]
    [InlineData("adjoint:ensemble=2")]
    public void The_derivative_is_that_of_autograd_through_twenty_steps(string method)
    {
        using var problem = new GoldenProblem(change: recipe => recipe with { Epochs = 5 });
        AssertGolden(problem, method, problem.Tensor("samples." + method));
    }

    [Fact]
    public void Weight_decay_Nesterov_momentum_and_label_smoothing_are_differentiated_too()
    {
        using var problem = new GoldenProblem(
            change: recipe => recipe with { Epochs = 5, WeightDecay = 0.05f, Nesterov = true, LabelSmoothing = 0.2f });
        AssertGolden(problem, "adjoint", problem.Tensor("samples.adjoint:recipe"));
    }

    [Fact]
    public void The_effect_of_a_group_is_the_sum_of_its_samples()
    {
        using var problem = new GoldenProblem();
        using MethodContext groups = problem.Request(), samples = problem.Request(Granularity.EachSample(problem.Train.Labels));
        AttributionMatrix ofGroups = MethodRegistry.Attribute("adjoint", groups), ofSamples = MethodRegistry.Attribute("adjoint", samples);
        int[][] members = [.. Enumerable.Range(0, problem.Groups.Count)
            .Select(g => Enumerable.Range(0, problem.Train.Count).Where(n => problem.Groups.GroupOf[n] == g).ToArray())];
        AttributionMatrix summed = ofSamples.SumGroups(members);
        for (int o = 0; o < problem.Objectives.Count; o++)
        {
            for (int g = 0; g < members.Length; g++)
                Assert.Equal(summed.ToArray()[o, g], ofGroups.ToArray()[o, g], 1e-12);
        }
    }

    /// <summary>What was walked for one granularity is read for the others, by the method itself and where it is part of another.</summary>
    [Theory]
    [InlineData("adjoint")]
    [InlineData("adjoint:ensemble=2:keep=0.6")]
    public void One_walk_serves_samples_and_groups_with_the_same_bits(string method)
    {
        using var problem = new GoldenProblem();
        using var folder = new TempFolder();
        GroupTable samples = Granularity.EachSample(problem.Train.Labels);
        (double[] alone, _) = Effects(method, problem.Groups, isKept: false);
        Assert.True(Effects(method, samples).Walked);

        (double[] found, bool walked) = Effects(method, problem.Groups);
        Assert.Equal(alone, found);
        Assert.False(walked);
        Assert.True(Effects(method + ":from=0.5", problem.Groups).Walked);
        Assert.True(Effects(method + ":curvature=gauss-newton", problem.Groups).Walked);
        Assert.False(Effects($"auto:of={method.Replace(':', '@')}:models=4:keep=0.5:probes=0", problem.Groups).Walked);

        foreach (string file in Directory.GetFiles(folder.ToString(), "*.npz", SearchOption.AllDirectories))
            File.WriteAllBytes(file, [1, 2, 3]);
        (found, walked) = Effects(method, problem.Groups);
        Assert.Equal(alone, found);
        Assert.True(walked);

        (double[] Effects, bool Walked) Effects(string method, GroupTable parts, bool isKept = true)
        {
            bool walked = false;
            using MethodContext request = problem.Request(parts, derivatives: isKept ? new DerivativeStore(folder.ToString()) : null,
                onProgress: (_, _, unit) => walked |= unit == "objectives");
            return (MethodRegistry.Attribute(method, request).Flatten(), walked);
        }
    }

    /// <summary>The score is that of the effects on the models themselves; a part of another method or of an evaluation has none.</summary>
    [Fact]
    public void It_says_how_well_it_predicts_retrained_models()
    {
        using var problem = new GoldenProblem();
        var figures = new Dictionary<string, double>();
        var notes = new List<string>();
        AttributionMatrix effects = Attribute("adjoint", isTested: false);

        IReadOnlyList<int[]> removed = RandomSubsets.Draw(problem.Groups.Count, 0.5, 8, problem.Recipe.Seed, SubsetUse.Auto);
        using MethodContext request = problem.Request();
        IReadOnlyList<float[]> models = request.Retraining.Logits(SubsetModel.Each([problem.Recipe.Seed], removed), 8);
        double[] scores = [.. problem.Objectives.Select((objective, o) => Correlation.Spearman(
            [.. removed.Select(parts => -parts.Sum(g => effects.ToArray()[o, g]))],
            [.. models.Select(logits => objective.Evaluate(logits, problem.Test.Labels))])).Where(double.IsFinite)];
        Assert.Equal(scores.Average(), figures["score"], 1e-9);
        string score = figures["score"].ToString("0.00", CultureInfo.InvariantCulture);
        Assert.Contains(notes, note => note.StartsWith($"adjoint: score {score} ± ", StringComparison.Ordinal));
        Assert.Equal(figures["score"] < 0.5, notes.Any(note => note.Contains("which is low", StringComparison.Ordinal)));

        notes.Clear();
        Assert.Equal(effects.Flatten(), Attribute("adjoint:check=0", isTested: false).Flatten());
        Attribute("adjoint", isTested: true);
        Attribute("auto:of=adjoint:models=4:keep=0.5:probes=0", isTested: false);
        Assert.DoesNotContain(notes, note => note.StartsWith("adjoint: score", StringComparison.Ordinal));

        AttributionMatrix Attribute(string method, bool isTested)
        {
            using MethodContext asked = problem.Request(onFigure: (name, value) => figures[name] = value, onWarning: notes.Add,
                isTested: isTested);
            return MethodRegistry.Attribute(method, asked);
        }
    }

    /// <summary>Trainings that differ only in the weight of one sample, by the trainer itself.</summary>
    [Theory]
    [InlineData("convnet", NormKind.Instance)]
    [InlineData("convnet", NormKind.Batch)]
    [InlineData("mlp", null)]
    [InlineData("resnet9", NormKind.Group)]
    public void The_derivative_is_the_difference_of_retrainings_with_one_weight_moved(string architecture, NormKind? norm)
    {
        using Device device = new CpuDevice(2);
        (Dataset train, Dataset test) = GeneratedDataset.Make(
            new GeneratedOptions { Classes = 3, PerClass = 8, TestPerClass = 5, Size = 12, ClustersPerClass = 2 });
        var input = new ImageShape(1, 12, 12);
        Network network = Network.Create(architecture == "mlp"
            ? new NetworkOptions("mlp", 0, 0, input, 3) { Hidden = [16, 12], Dropout = 0.2f, Activation = Activation.Gelu }
            : new NetworkOptions(architecture, 4, 2, input, 3) { Activation = Activation.Gelu, Norm = norm });
        var recipe = new TrainingOptions(LearningRate: 0.02f, BatchSize: 9, Epochs: 4, Seed: 5)
        {
            WeightDecay = 1e-2f, Crop = 1, Flip = true,
        };
        Objective[] objectives = [new(ObjectiveKind.Loss), new(ObjectiveKind.Margin, ofSamples: [3])];
        float[] target = [];
        target = Train(null, 0);
        using var context = new MethodContext(device, network, train, test, Granularity.EachSample(train.Labels), objectives, recipe)
        {
            Target = target,
            Trajectory = new Trajectory([new Checkpoint(0, network.Initialise(recipe.Seed)), new Checkpoint(1, target)]),
        };
        AttributionMatrix found = MethodRegistry.Attribute("adjoint", context);

        const float Moved = 0.03f;
        int[] moved = [0, 5, 11, 17, 23];
        double error = 0, size = 0;
        foreach (int n in moved)
        {
            float[] more = context.Evaluator.Logits(Train(n, Moved), 1), less = context.Evaluator.Logits(Train(n, -Moved), 1);
            for (int o = 0; o < objectives.Length; o++)
            {
                double expected = (objectives[o].Evaluate(more, test.Labels) - objectives[o].Evaluate(less, test.Labels)) / (2 * Moved);
                error += Math.Pow(found.ToArray()[o, n] - expected, 2);
                size += expected * expected;
            }
        }

        output.WriteLine($"{architecture} {norm}: relative error {Math.Sqrt(error / size):E1}");
        Assert.InRange(Math.Sqrt(error / size), 0, 2e-3);

        // The running statistics of batch norms are constants of the method: those of the target.
        float[] Train(int? sample, float by)
        {
            float[] weights = [.. Enumerable.Range(0, train.Count).Select(n => n == sample ? 1 + by : 1)];
            using TrainingSet set = TrainingSet.Create(device, train.Images.ToArray(), new TensorShape(1, train.Count, 1, 12, 12),
                train.Labels, 3, weights);
            using var trainer = new EnsembleTrainer(device, network, set, recipe, 1);
            trainer.Run(network.Initialise(recipe.Seed));
            float[] parameters = trainer.Parameters;
            foreach ((int offset, int length) in sample is null ? [] : network.Constants)
                target.AsSpan(offset, length).CopyTo(parameters.AsSpan(offset));
            return parameters;
        }
    }

    /// <summary>At the minimum of a convex loss, the derivative of the training is the influence function.</summary>
    [Fact]
    public void A_logistic_regression_at_its_optimum_has_the_influence_of_the_exact_Hessian()
    {
        using Device device = new CpuDevice(2);
        (Dataset train, Dataset test) = GeneratedDataset.Make(
            new GeneratedOptions { Classes = 3, PerClass = 10, TestPerClass = 5, Size = 6, ClustersPerClass = 1 });
        Network network = Network.Create(new NetworkOptions("logistic", 0, 0, new ImageShape(1, 6, 6), 3));
        var recipe = new TrainingOptions(LearningRate: 0.1f, BatchSize: train.Count, Epochs: 2000, Seed: 5) { WeightDecay = 0.1f };
        float[] target;
        using (TrainingSet set = TrainingSet.Create(device, train))
            target = TargetTraining.Run(device, network, set, recipe).Final;
        Objective[] objectives = Objective.Defaults(test.Labels).ToArray();
        using var context = new MethodContext(device, network, train, test, Granularity.EachSample(train.Labels), objectives, recipe)
        {
            Target = target,
            Trajectory = new Trajectory([new Checkpoint(0, network.Initialise(recipe.Seed)), new Checkpoint(2000, target)]),
        };

        double[] found = Values("adjoint"), influence = Values("influence:curvature=hessian:damping=1e-9:iterations=400");

        // A sample that is left out makes the mean's divisor smaller, which the influence function leaves out: it is the effect of all
        // samples together, divided by N.
        for (int o = 0; o < objectives.Length; o++)
        {
            Span<double> row = influence.AsSpan(o * train.Count, train.Count);
            double mean = System.Numerics.Tensors.TensorPrimitives.Sum<double>(row) / train.Count;
            System.Numerics.Tensors.TensorPrimitives.Subtract(row, mean, row);
        }

        double error = Math.Sqrt(found.Zip(influence, (a, b) => (a - b) * (a - b)).Sum() / influence.Sum(b => b * b));
        output.WriteLine($"relative distance {error:E1}");
        Assert.InRange(error, 0, 0.02);

        double[] Values(string method) => [.. MethodRegistry.Attribute(method, context).ToArray().Cast<double>()];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(11)]
    public void A_replay_reads_every_step_as_it_was(int firstStep)
    {
        using var problem = new GoldenProblem(recordsAllSteps: true);
        using TrainingSet set = TrainingSet.Create(problem.Device, problem.Train);
        using var replay = new TrainingReplay(problem.Device, problem.Network, set, problem.Recipe, firstStep, null, null, default);
        Assert.Equal(problem.Trajectory.Checkpoints[^1].Parameters, replay.End);
        for (int step = replay.TotalSteps - 1; step >= firstStep; step--)
            Assert.Equal(problem.Trajectory.At(step), replay.Before(step));
    }

    [Fact]
    public void A_target_that_the_recipe_does_not_give_is_told()
    {
        using var problem = new GoldenProblem();
        using MethodContext request = problem.Request(recipe: problem.Recipe with { LearningRate = 0.2f });
        var told = new List<string>();
        using var listening = new MethodContext(request.Device, request.Network, request.Train, request.Test, request.Parts,
            request.Objectives, request.Recipe) { Target = request.Target, Trajectory = request.Trajectory, OnWarning = told.Add };
        MethodRegistry.Attribute("adjoint:check=0", listening);
        Assert.Contains("does not end at the target", Assert.Single(told), StringComparison.Ordinal);
    }

    private void AssertGolden(GoldenProblem problem, string method, float[] expected)
    {
        using MethodContext request = problem.Request(Granularity.EachSample(problem.Train.Labels));
        double error = GoldenProblem.RelativeError(MethodRegistry.Attribute(method, request), expected);
        output.WriteLine($"{method}: relative error {error:E1}");
        Assert.InRange(error, 0, 1e-4);
    }
}
