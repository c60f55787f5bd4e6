using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Effects are checked against a retraining of the last block, and brought to its size.</summary>
public sealed class ReferenceTests : IDisposable
{
    private readonly SmallRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Effects_of_the_head_have_the_size_of_the_last_blocks_times_its_own_factor()
    {
        // All six groups are the reference's, so that it is the last block's effects of every group.
        _runs.Attribute("checked", new JobAttribution { Methods = ["head", "block:1"], Samples = "none",
            ReferenceGroups = SmallRuns.Groups });
        _runs.Attribute("plain", new JobAttribution { Methods = ["head", "block:1"], Samples = "none", ReferenceGroups = 0 });
        NpzContents found = _runs.Read("checked", "attribution.npz"), plain = _runs.Read("plain", "attribution.npz");
        double[] unscaled = plain.Elements<double>("matrices");
        int length = unscaled.Length / 2, groups = SmallRuns.Groups;
        int[] classOf = plain.Elements<int>("group_class");

        // Row 0 is the total; row 1 + c is class c.
        double[] head = [.. Enumerable.Range(0, groups).Select(g => unscaled[(1 + classOf[g]) * groups + g])];
        double[] block = [.. Enumerable.Range(0, groups).Select(g => 1.2 * unscaled[length + (1 + classOf[g]) * groups + g])];
        double expected = Correlation.SlopeThroughOrigin(head, block);
        double scale = found.Elements<double>("scales")[0];

        Assert.Equal(expected, scale, 1e-9);
        Assert.Equal(unscaled[..length].Select(effect => effect * scale), found.Elements<double>("matrices")[..length]);
        Assert.Equal(1, found.Elements<double>("scales")[1]);
        Assert.Equal(unscaled[length..], found.Elements<double>("matrices")[length..]);
        MethodSummary summary = RunFolder.Peek(_runs.PathOf("checked"))!.Summary!.Methods[0];
        Assert.Equal(scale, summary.Scale);
        Assert.InRange(summary.Agreement!.Value, 0.6, 1);
        Assert.Empty(summary.Warnings);
    }

    [Fact]
    public void A_method_that_does_not_agree_is_left_as_it_is_and_has_a_warning_in_summary_and_report()
    {
        // Three steps of matching on a hardly trained network: the paper's mode says little there.
        _runs.Attribute("run", new JobAttribution { Methods = ["forget:1", "repair:1"], Samples = "none", ReferenceGroups = 4 });

        RunSummary summary = RunFolder.Peek(_runs.PathOf("run"))!.Summary!;

        Assert.All(summary.Methods, method => Assert.InRange(method.KeptLoss!.Value, 0.5, 1.5));
        Assert.All(summary.Methods, method => Assert.Equal(method.Agreement >= 0.6 ? 0 : 1, method.Warnings.Count));
        foreach (MethodSummary method in summary.Methods.Where(method => method.Warnings.Count > 0))
        {
            Assert.Equal(1, method.Scale);
            Assert.Contains("do not agree with a retraining of the last block", method.Warnings[0], StringComparison.Ordinal);
            Assert.Contains("do not agree with a retraining of the last block", File.ReadAllText(_runs.PathOf("run", "report.html")),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_mean_is_of_its_parts_effects_in_real_units_without_those_that_do_not_agree()
    {
        string[] parts = ["repair:2", "forget:1", "feature"];
        var turned = new RecordingListener { OnStage = stage => Turn(stage, "forget-1") };
        _runs.Attribute("run", new JobAttribution { Methods = [string.Join('+', parts), .. parts], Samples = "none",
            ReferenceGroups = SmallRuns.Groups }, turned);
        MethodSummary[] methods = [.. RunFolder.Peek(_runs.PathOf("run"))!.Summary!.Methods];
        NpzContents file = _runs.Read("run", "attribution.npz");
        double[] scales = file.Elements<double>("scales"), matrices = file.Elements<double>("matrices");
        int length = matrices.Length / methods.Length;
        int[] agreeing = [.. Enumerable.Range(1, parts.Length).Where(i => methods[i].Agreement >= 0.6)];

        Assert.Equal("mean of repair:2 and forget:1 and feature", MethodRegistry.Title(methods[0].Name));
        Assert.Equal([1, 3], agreeing);
        for (int i = 0; i < length; i++)
            Assert.Equal(scales[0] * agreeing.Average(part => matrices[part * length + i]), matrices[i], 1e-9);
        Assert.Equal(parts.Length - agreeing.Length, methods[0].Warnings.Count(warning
            => warning.Contains("is left out of the mean", StringComparison.Ordinal)));
        Assert.Equal(methods[1..].Max(method => method.KeptLoss), methods[0].KeptLoss);
        Assert.Equal(methods[1..].Sum(method => method.OnlineSeconds), methods[0].OnlineSeconds, 1e-9);
    }

    /// <summary>Before the matrix is filled, makes a method's models err the other way.</summary>
    private void Turn(string stage, string method)
    {
        string path = _runs.PathOf("run", "attribution", method + ".npz");
        if (stage != "attribute")
            return;
        NpzContents file = Npz.Read(path);
        float[] with = file.Elements<float>("reference"), without = file.Elements<float>("without");
        Npz.Write(path,
            ("reference", file["reference"]),
            ("without", new NpyArray(without.Select((logit, i) => (2 * with[i % with.Length]) - logit).ToArray(), file["without"].Shape)));
    }

    [Fact]
    public void A_mean_needs_its_parts_stages_alone()
    {
        RunPlan plan = _runs.Plan("run", new JobAttribution { Methods = ["push+repair:4+feature"], Samples = "none" });

        Assert.Equal(["train", "groups", "distill:forward-4", "distill:feature", "synset", "online:push", "online:repair:4",
            "online:feature", "reference", "attribute", "suspects"], plan.Stages.Select(stage => stage.Name));
    }

    [Theory]
    [InlineData("push+feature", true)]
    [InlineData("controlled-replay:1+head+block:2", true)]
    [InlineData("push+push", false)]
    [InlineData("push+all", false)]
    [InlineData("push+grad-dot", false)]
    [InlineData("push+", false)]
    [InlineData("+", false)]
    public void Only_methods_that_hand_over_models_can_be_averaged(string method, bool isKnown)
        => Assert.Equal(isKnown, MethodRegistry.Fault(method) is null);

    [Fact]
    public void A_plan_writes_nothing_and_knows_what_is_done()
    {
        var attribution = new JobAttribution { Methods = ["repair", "feature", "head"] };
        RunPlan before = _runs.Plan("run", attribution);
        Assert.False(Directory.Exists(_runs.PathOf("run")));
        Assert.Equal(["train", "groups", "distill:forward-1", "distill:feature", "synset", "online:repair", "online:feature",
            "online:head", "reference", "attribute", "samples", "misclassified", "suspects"], before.Stages.Select(stage => stage.Name));
        Assert.All(before.Stages, stage => Assert.False(stage.IsDone));
        Assert.Equal(["samples", "misclassified"], before.NotEstimated);
        Assert.True(before.Seconds > 0);
        Assert.True(before.Stages.Single(stage => stage.Name == "online:repair").Seconds
            > before.Stages.Single(stage => stage.Name == "online:head").Seconds);

        _runs.Attribute("run", attribution);
        RunPlan after = _runs.Plan("run", attribution with { Methods = ["repair", "head", "block:1"] });

        Assert.Equal(["online:block:1", "attribute"], after.Stages.Where(stage => !stage.IsDone).Select(stage => stage.Name));
    }
}
