using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Sharding;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Methods;

/// <summary>Several methods weighted by retrained models.</summary>
public sealed class AutoTests : IDisposable
{
    private readonly GoldenProblem _problem = new(recordsAllSteps: true);

    [Fact]
    public void It_says_what_it_consists_of_and_how_sure_it_is()
    {
        var said = new List<string>();
        var figures = new Dictionary<string, double>();
        using MethodContext request = Request(said.Add, figures.Add);

        MethodRegistry.Attribute("auto:models=8:of=head+grad-dot+random", request);

        Assert.Contains("cross-validated score", Assert.Single(said), StringComparison.Ordinal);
        Assert.Contains("over 8 models", said[0], StringComparison.Ordinal);
        Assert.Equal(1, figures["share_head"] + figures["share_grad-dot"] + figures["share_random"], 1e-9);
        Assert.True(figures["share_random"] < 0.3, $"{figures["share_random"]}");
        Assert.InRange(figures["score"], 0, 1);
        Assert.InRange(figures["score_error"], 0, 1);
    }

    [Fact]
    public void An_interrupted_run_computes_neither_models_nor_finished_methods_again()
    {
        using var folder = new TempFolder();
        var models = new RetrainedModelStore(folder.File("models"));
        var kept = new Sharding.Memory();
        using MethodContext first = _problem.Request(pieces: new PieceWork { Kept = kept }, models: models);
        double[,] expected = MethodRegistry.Attribute("auto:models=4:of=head+ekfac", first).ToArray();
        Assert.Contains("ekfac-solutions", kept.Values.Keys);
        foreach (string other in kept.Values.Keys.Where(name => name is not "head" and not "ekfac").ToArray())
            kept.Values.Remove(other);
        Assert.Equal(2, kept.Values.Count);

        using MethodContext again = _problem.Request(pieces: new PieceWork { Kept = kept }, models: models);
        Assert.Equal(expected, MethodRegistry.Attribute("auto:models=4:of=head+ekfac", again).ToArray());
        Assert.Equal(0, again.Retraining.Trained);
        Assert.Equal(2, kept.Values.Count);
        Assert.Equal(4, again.RetrainedFiles.Count());
    }

    [Fact]
    public void Methods_that_cannot_say_anything_of_samples_are_left_out_of_them()
    {
        var said = new List<string>();
        using MethodContext request = Request(said.Add, null, Granularity.PartsOf(Granularity.Sample, _problem.Groups,
            _problem.Train.Labels));

        AttributionMatrix matrix = MethodRegistry.Attribute("auto:models=4:of=head+repair@steps=2", request);

        Assert.Equal(_problem.Train.Count, matrix.Groups);
        Assert.Contains("'repair:steps=2' computes no effects of single samples", said[0], StringComparison.Ordinal);
        using MethodContext alone = Request(null, null, request.Parts);
        Assert.Throws<MethodRequestException>(() => MethodRegistry.Attribute("auto:models=4:of=repair@steps=2", alone));
    }

    [Fact]
    public void More_probes_leave_the_matrix_with_the_rows_that_were_asked_for()
    {
        using MethodContext request = Request(null, null);
        AttributionMatrix matrix = MethodRegistry.Attribute("auto:models=4:probes=100000:of=grad-dot", request);
        Assert.Equal(request.ObjectiveNames, matrix.Objectives);
    }

    [Theory]
    [InlineData("auto:of=head+ekfac", false)]
    [InlineData("auto:of=head+tracin", false)]
    [InlineData("auto:of=adjoint+tracin", true)]
    public void It_needs_the_training_where_all_its_methods_do(string method, bool needsTraining)
        => Assert.Equal(needsTraining, MethodRegistry.Create(method).NeedsTraining);

    [Fact]
    public void A_target_without_its_training_leaves_out_the_methods_that_need_it()
    {
        using MethodContext request = _problem.Request(hasTrajectory: false);
        var told = new List<string>();
        using var listening = new MethodContext(request.Device, request.Network, request.Train, request.Test, request.Parts,
            request.Objectives, request.Recipe) { Target = request.Target, OnWarning = told.Add };

        MethodRegistry.Attribute("auto:models=4:probes=2:of=grad-dot+adjoint", listening);

        Assert.Contains(told, note => note.Contains("'adjoint' needs the target's recorded training", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_of_its_methods_are_part_of_its_own()
        => Assert.NotEqual(Attribution.Formats.Fingerprint.Of(MethodRegistry.Create("auto:of=trak@models=2").Options),
            Attribution.Formats.Fingerprint.Of(MethodRegistry.Create("auto:of=trak@models=3").Options));

    public void Dispose() => _problem.Dispose();

    private MethodContext Request(Action<string>? onWarning, Action<string, double>? onFigure,
        Attribution.Formats.GroupTable? parts = null)
        => new(_problem.Device, _problem.Network, _problem.Train, _problem.Test, parts ?? _problem.Groups, _problem.Objectives,
            _problem.Recipe)
        {
            Target = _problem.Trajectory.Checkpoints[^1].Parameters,
            Trajectory = _problem.Trajectory,
            Seed = _problem.Recipe.Seed,
            OnWarning = onWarning,
            OnFigure = onFigure,
        };
}
