using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Online;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Attribution.Tests.Sharding;
using DdmNative.Attribution.Training;
using Xunit;

namespace DdmNative.Attribution.Tests.Methods;

/// <summary>What every method promises beside its numbers.</summary>
public sealed class MethodContractTests : IDisposable
{
    /// <summary>Every method, with settings that make it quick.</summary>
    private static readonly string[] Quick =
    [
        "repair:steps=2", "replay:images=1:steps=1", "controlled-replay:images=1:steps=1", "push:1:steps=2",
        "ddm:mode=forget:steps=2:images=1",
        "mask-regression:masks=12:images=1:steps=2", "feature", "head", "block:1", "retrain", "finetune:epochs=1", "datamodel:subsets=6",
        "model-averaging:shards=3:deals=2", "auto:models=5:probes=4:of=head+trak@models=2@dim=8+grad-dot",
        "encoded-ensemble:members=4", "influence:iterations=4",
        "influence:solver=lissa:iterations=4", "ekfac", "ekfac:samples=7", "trak:models=2:dim=40", "tracin:checkpoints=2",
        "adjoint", "adjoint:ensemble=2:keep=0.7:curvature=gauss-newton:from=0.25",
        "in-run-shapley:every=4", "untrac:steps=2", "untrac-inv:steps=2", "mirrored-influence", "grad-dot", "grad-cos", "cg-score",
        "loss", "random",
    ];

    private readonly GoldenProblem _problem = new(recordsAllSteps: true);

    public static TheoryData<string> Methods => [.. Quick];

    [Fact]
    public void Every_method_is_tested_here()
        => Assert.Equal(MethodRegistry.All.Select(method => method.Name).Order(),
            Quick.Select(text => MethodRegistry.Describe(text).Name).Distinct().Order());

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_wave_of_one_and_another_device_of_more_threads_give_the_same_bits(string method)
    {
        using MethodContext request = _problem.Request();
        double[,] expected = MethodRegistry.Attribute(method, request).ToArray();
        using var other = new GoldenProblem(threads: 3, recordsAllSteps: true);
        using MethodContext small = other.Request(wave: 1);

        Assert.Equal(expected, MethodRegistry.Attribute(method, small).ToArray());
        Assert.All(expected.Cast<double>(), value => Assert.True(double.IsFinite(value)));
    }

    [Theory]
    [InlineData("head")]
    [InlineData("block:1")]
    [InlineData("retrain")]
    [InlineData("feature")]
    [InlineData("push:1:steps=2")]
    public void Groups_that_are_removed_together_stand_beside_each_one_alone(string method)
    {
        var models = (IModelMethod)MethodRegistry.Create(method);
        using MethodContext alone = _problem.Request();
        using MethodContext request = _problem.Request(removals: [.. CounterfactualLogits.EachGroup(alone.Parts.Count), [0, 2], [1]]);

        CounterfactualLogits each = models.Models(alone), together = models.Models(request);

        Assert.Equal(each.Reference, together.Reference);
        for (int g = 0; g < each.Count; g++)
            Assert.Equal(each.Model(g).ToArray(), together.Model(g).ToArray());
        Assert.Equal(each.Model(1).ToArray(), together.Model(each.Count + 1).ToArray());
        Assert.NotEqual(each.Model(0).ToArray(), together.Model(each.Count).ToArray());
        Assert.NotEqual(each.Model(2).ToArray(), together.Model(each.Count).ToArray());
    }

    /// <summary>A recipe with every option: all methods take it, and it does not cost them what they promise.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public void A_recipe_with_every_option_gives_the_same_bits_in_any_wave(string method)
    {
        using var problem = new GoldenProblem(recordsAllSteps: true, change: Whole);
        using MethodContext request = problem.Request();
        double[,] expected = MethodRegistry.Attribute(method, request).ToArray();
        using var other = new GoldenProblem(threads: 1, recordsAllSteps: true, change: Whole);
        using MethodContext small = other.Request(wave: 1);

        Assert.Equal(expected, MethodRegistry.Attribute(method, small).ToArray());
        Assert.All(expected.Cast<double>(), value => Assert.True(double.IsFinite(value)));

        static TrainingOptions Whole(TrainingOptions recipe) => recipe with
        {
            WeightDecay = 5e-3f,
            Nesterov = true,
            Schedule = LearningRateShape.OneCycle,
            LabelSmoothing = 0.1f,
            Crop = 1,
            Flip = true,
        };
    }

    /// <summary>The loss of which one takes differences and the gradients of the other are of the same, smoothed, training loss.</summary>
    [Fact]
    public void Mirrored_influence_of_a_short_step_is_grad_dot_with_label_smoothing_too()
    {
        using MethodContext request = _problem.Request(recipe: _problem.Recipe with { LabelSmoothing = 0.3f });
        using MethodContext plain = _problem.Request();
        double[] expected = ValuesOf("grad-dot", request), without = ValuesOf("grad-dot", plain);

        Assert.InRange(Difference(ValuesOf("mirrored-influence:step=0.0005", request), expected), 0, 0.02);
        Assert.InRange(Difference(without, expected), 0.1, double.PositiveInfinity);
    }

    [Theory]
    [InlineData("influence:damping=0.15", "influence:damping=0.05")]
    [InlineData("influence:damping=0.15:curvature=hessian", "influence:damping=0.05:curvature=hessian")]
    public void Weight_decay_is_part_of_the_curvature(string damped, string decayed)
    {
        using MethodContext plain = _problem.Request(), request = _problem.Request(recipe: _problem.Recipe with { WeightDecay = 0.1f });
        Assert.InRange(Difference(ValuesOf(decayed, request), ValuesOf(damped, plain)), 0, 1e-5);
        Assert.InRange(Difference(ValuesOf(decayed, plain), ValuesOf(damped, plain)), 1e-2, double.PositiveInfinity);
    }

    private static double[] ValuesOf(string method, MethodContext request)
        => [.. MethodRegistry.Attribute(method, request).ToArray().Cast<double>()];

    /// <summary>‖a − b‖/‖b‖.</summary>
    private static double Difference(double[] a, double[] b)
        => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / b.Sum(y => y * y));

    [Theory]
    [MemberData(nameof(Methods))]
    public void What_an_interrupted_run_has_left_gives_the_same_matrix(string method)
    {
        var kept = new Memory();
        using MethodContext request = _problem.Request(pieces: new PieceWork { Kept = kept }, wave: 2);
        double[,] expected = MethodRegistry.Attribute(method, request).ToArray();
        if (kept.Values.Count > 1)
            kept.Values.Remove(kept.Values.Keys.Last());
        using MethodContext again = _problem.Request(pieces: new PieceWork { Kept = kept }, wave: 3);

        Assert.Equal(expected, MethodRegistry.Attribute(method, again).ToArray());
    }

    [Theory]
    [InlineData("retrain")]
    [InlineData("finetune:epochs=1")]
    [InlineData("datamodel:subsets=6")]
    [InlineData("tracin")]
    [InlineData("influence:iterations=3")]
    [InlineData("ekfac")]
    [InlineData("trak:models=2:dim=8")]
    [InlineData("adjoint")]
    [InlineData("in-run-shapley")]
    [InlineData("untrac:steps=1")]
    [InlineData("model-averaging:deals=2")]
    [InlineData("encoded-ensemble:members=4")]
    [InlineData("auto:models=4:of=grad-dot")]
    public void Methods_that_take_long_keep_what_they_have(string method)
    {
        var kept = new Memory();
        using var folder = new TempFolder();
        using MethodContext request = _problem.Request(pieces: new PieceWork { Kept = kept }, wave: 2,
            models: new RetrainedModelStore(folder.File("models")));
        MethodRegistry.Attribute(method, request);
        Assert.True(kept.Values.Count > 0 || Directory.Exists(folder.File("models")));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Shards_of_a_method_that_falls_into_pieces_make_its_matrix_together(string method)
    {
        var kept = new Memory();
        using var folder = new TempFolder();
        var models = new RetrainedModelStore(folder.File("models"));
        using MethodContext alone = _problem.Request();
        double[,] expected = MethodRegistry.Attribute(method, alone).ToArray();
        if (!MethodRegistry.Create(method).FallsIntoPieces)
            return;
        int own = 0, computed = 0, all = 0;
        for (int index = 1; index <= 3; index++)
        {
            var share = new StageShare(new Shard(index, 3), new ModelNumbers());
            using MethodContext request = _problem.Request(pieces: new PieceWork { Kept = kept, Share = share }, wave: index,
                models: models);
            Assert.Throws<AwaitingShardsException>(() => MethodRegistry.Attribute(method, request));
            (own, computed, all) = (own + share.Own, computed + share.Computed, share.Of);
        }

        Assert.Equal((all, all), (own, computed));
        int pieces = kept.Values.Count;
        using MethodContext merged = _problem.Request(pieces: new PieceWork { Kept = kept }, models: models);
        Assert.Equal(expected, MethodRegistry.Attribute(method, merged).ToArray());
        Assert.Equal(0, merged.Retraining.Trained);
        // A synset that is distilled in memory is distilled by every process, and effects that are combined are kept until all are there.
        if (MethodRegistry.Create(method) is { Recipe: null } and not Auto)
            Assert.Equal(pieces, kept.Values.Count);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Samples_and_classes_are_parts_too(string method)
    {
        // Few subsets cannot tell many samples apart: that is for the user to judge, not for the method to refuse.
        foreach (string granularity in new[] { Granularity.Class, Granularity.Sample })
        {
            if (!MethodRegistry.Describe(method).Granularities.Contains(granularity))
                continue;
            if (granularity == Granularity.Class && MethodRegistry.Create(method).Fault(3) is not null)
                continue;
            using MethodContext request = _problem.Request(Granularity.PartsOf(granularity, _problem.Groups, _problem.Train.Labels));
            Assert.Equal(granularity == Granularity.Class ? 3 : _problem.Train.Count, MethodRegistry.Attribute(method, request).Groups);
        }
    }

    [Theory]
    [InlineData("grad-dot")]
    [InlineData("tracin")]
    [InlineData("influence")]
    [InlineData("ekfac")]
    [InlineData("ekfac:samples=7")]
    [InlineData("trak:models=1:dim=8")]
    [InlineData("in-run-shapley:every=2")]
    public void Effects_of_samples_of_a_linear_method_add_up_to_those_of_their_group(string method)
    {
        using MethodContext groups = _problem.Request();
        using MethodContext samples = _problem.Request(Granularity.PartsOf(Granularity.Sample, _problem.Groups, _problem.Train.Labels));
        AttributionMatrix ofGroups = MethodRegistry.Attribute(method, groups), ofSamples = MethodRegistry.Attribute(method, samples);
        double largest = ofGroups.ToArray().Cast<double>().Max(Math.Abs);
        for (int o = 0; o < ofGroups.Objectives.Count; o++)
        {
            for (int g = 0; g < ofGroups.Groups; g++)
                Assert.Equal(ofGroups[o, g], _problem.Groups.Members(g).Sum(n => ofSamples[o, n]), 1e-5 * largest);
        }
    }

    [Theory]
    [InlineData("tracin")]
    [InlineData("ddm")]
    public void A_method_without_its_trajectory_says_what_to_do(string method)
    {
        using MethodContext request = _problem.Request(hasTrajectory: false);
        var refusal = Assert.Throws<MissingTrajectoryException>(() => MethodRegistry.Attribute(method, request));
        Assert.Contains("Train the target with ddm", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("voodoo", "There is no method 'voodoo'")]
    [InlineData("block", "needs blocks, a whole number from 1")]
    [InlineData("block:0", "blocks is '0', expected a whole number from 1")]
    [InlineData("repair:none", "images is 'none', expected a whole number from 1")]
    [InlineData("head:1", "is not key=value")]
    [InlineData("ddm:mode=magic", "There is no method")]
    [InlineData("trak:dim=0", "dim is '0', expected a whole number from 1")]
    [InlineData("trak:dimension=8", "there is no setting 'dimension'; trak has models=3")]
    [InlineData("trak:dim", "is not key=value")]
    [InlineData("trak:dim=8:dim=9", "set twice")]
    [InlineData("influence:solver=magic", "expected one of cg, lissa")]
    [InlineData("ekfac:samples=some", "samples is 'some', expected a whole number from 0")]
    [InlineData("influence:damping=-1", "a number above 0")]
    [InlineData("encoded-ensemble:members=5", "expected an even number")]
    [InlineData("influence:solver=lissa:scale=0.001:iterations=60", "LiSSA diverged")]
    [InlineData("datamodel:subsets=1000", "Ask for fewer subsets")]
    [InlineData("auto:models=1000", "Ask for fewer models, auto:models=20")]
    [InlineData("auto:models=3", "models is '3', expected a whole number from 4")]
    [InlineData("auto:of=head+head", "names a method twice")]
    [InlineData("auto:of=auto", "auto cannot be part of itself")]
    [InlineData("auto:of=head+voodoo", "There is no method 'voodoo'")]
    public void A_request_that_cannot_be_met_is_refused_and_says_why(string method, string says)
    {
        using MethodContext request = _problem.Request();
        Assert.Contains(says, Assert.Throws<MethodRequestException>(() => MethodRegistry.Attribute(method, request)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Curvature_from_as_many_samples_as_there_are_is_that_from_all_and_from_fewer_is_near_it()
    {
        double[] By(string method)
        {
            using MethodContext request = _problem.Request();
            return [.. MethodRegistry.Attribute(method, request).ToArray().Cast<double>()];
        }

        double[] all = By("ekfac:samples=0"), most = By($"ekfac:samples={_problem.Train.Count - 2}");

        Assert.Equal(all, By("ekfac"));
        Assert.Equal(all, By($"ekfac:samples={_problem.Train.Count}"));
        Assert.NotEqual(all, most);
        Assert.InRange(Correlation.Pearson(most, all), 0.95, 1);
    }

    [Fact]
    public void Accuracy_has_no_gradient_and_the_methods_that_need_one_say_so()
    {
        foreach (MethodDescription method in MethodRegistry.All.Where(method => method.NeedsGradients))
        {
            using MethodContext request = _problem.Request(objectives: [new Objective(ObjectiveKind.Accuracy)]);
            Assert.Contains("no gradient",
                Assert.Throws<MethodRequestException>(() => MethodRegistry.Attribute(method.Words[0], request)).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_estimate_above_the_memory_there_is_is_refused_before_anything_is_computed()
    {
        foreach (MethodDescription method in MethodRegistry.All.Where(method => method.Name != "random"))
        {
            using var request = new MethodContext(_problem.Device, _problem.Network, _problem.Train, _problem.Test, _problem.Groups,
                _problem.Objectives, _problem.Recipe)
            {
                Target = _problem.Trajectory.Checkpoints[^1].Parameters,
                MemoryLimit = 1,
            };
            Assert.Contains("Lower --wave",
                Assert.Throws<InsufficientMemoryException>(() => MethodRegistry.Attribute(method.Words[0], request)).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Objectives_gradients_are_steps_of_the_objective()
    {
        // Along a small step up its own gradient every objective grows by what the gradient foretells.
        using MethodContext request = _problem.Request();
        using var gradients = new Attribution.Methods.Gradients.ObjectiveGradients(request);
        float[] found = gradients.At(request.Target);
        int length = request.Target.Length;
        for (int o = 0; o < _problem.Objectives.Count; o++)
        {
            float[] gradient = found[(o * length)..((o + 1) * length)];
            double square = gradient.Sum(value => (double)value * value);
            float step = (float)(1e-2 / Math.Sqrt(square));
            float[] up = [.. request.Target.Zip(gradient, (p, g) => p + step * g)],
                down = [.. request.Target.Zip(gradient, (p, g) => p - step * g)];
            double rise = _problem.Objectives[o].Evaluate(request.Evaluator.Logits(up, 1), _problem.Test.Labels)
                - _problem.Objectives[o].Evaluate(request.Evaluator.Logits(down, 1), _problem.Test.Labels);
            Assert.InRange(rise / (2 * step * square), 0.97, 1.03);
        }
    }

    public void Dispose() => _problem.Dispose();
}
