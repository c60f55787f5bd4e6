using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Runs;
using DdmNative.Attribution.Runs.Jobs;
using Xunit;

namespace DdmNative.Attribution.Tests.Runs;

/// <summary>Effects are checked against a retraining of the last block, and brought to its size.</summary>
public sealed class ReferenceTests : IDisposable
{
    private readonly SmallRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Effects_of_the_head_have_the_size_of_the_last_blocks_times_its_own_factor()
    {
        // All six groups are the reference's, so that it is the last block's effects of every group.
        _runs.Attribute("checked", new JobAttribution { Methods = ["head", "block:1"], Samples = "none", ReferenceGroups = SmallRuns.Groups });
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
            Assert.Contains("do not agree with a retraining of the last block", File.ReadAllText(_runs.PathOf("run", "report.html")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_plan_writes_nothing_and_knows_what_is_done()
    {
        var attribution = new JobAttribution { Methods = ["repair", "feature", "head"] };
        RunPlan before = _runs.Plan("run", attribution);
        Assert.False(Directory.Exists(_runs.PathOf("run")));
        Assert.Equal(["train", "groups", "distill:forward-1", "distill:feature", "synset", "online:repair", "online:feature", "online:head", "reference", "attribute", "samples"], before.Stages.Select(stage => stage.Name));
        Assert.All(before.Stages, stage => Assert.False(stage.IsDone));
        Assert.Equal(["samples"], before.NotEstimated);
        Assert.True(before.Seconds > 0);
        Assert.True(before.Stages.Single(stage => stage.Name == "online:repair").Seconds > before.Stages.Single(stage => stage.Name == "online:head").Seconds);

        _runs.Attribute("run", attribution);
        RunPlan after = _runs.Plan("run", attribution with { Methods = ["repair", "head", "block:1"] });

        Assert.Equal(["online:block:1", "attribute"], after.Stages.Where(stage => !stage.IsDone).Select(stage => stage.Name));
    }
}
