using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;
using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>The user's own names that have images of several classes.</summary>
public sealed class OwnTotalsTests : IDisposable
{
    private const int Images = 48;

    private readonly TempFolder _folder = new();
    private readonly CpuDevice _device = new(2);

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Names_with_several_groups_are_removed_together_beside_each_group()
    {
        var groups = new GroupTable([0, 1, 2, 3], [0, 1, 0, 1], [0, 0, 1, 1], ["anna", "anna", "ben", "carl"]);
        OwnTotals totals = OwnTotals.For(groups)!;

        Assert.Equal(["anna", "ben", "carl"], totals.Names);
        Assert.Equal([[0], [1], [2], [3], [0, 1]], OwnTotals.Removals(4, totals));
        Assert.Equal([4, 2, 3], totals.Columns(4));
    }

    [Fact]
    public void Clusters_single_groups_and_a_name_of_everything_have_no_totals()
    {
        Assert.Null(OwnTotals.For(null));
        Assert.Null(OwnTotals.For(new GroupTable([0, 1], [0, 1], [0, 0])));
        Assert.Null(OwnTotals.For(new GroupTable([0, 1], [0, 1], [0, 0], ["anna", "ben"])));
        Assert.Null(OwnTotals.For(new GroupTable([0, 1], [0, 1], [0, 0], ["anna", "anna"])));
    }

    [Fact]
    public void A_run_tells_the_total_of_each_name_by_one_removal_or_as_a_sum()
    {
        string own = _folder.File("own.csv");
        File.WriteAllLines(own, [.. Enumerable.Range(0, Images)
            .Select(n => string.Create(CultureInfo.InvariantCulture, $"{n},{(n / 3 % 3 == 0 ? "anna" : n / 3 % 3 == 1 ? "ben" : "carl")}"))
            .Prepend("sample,group")]);
        var job = new Job
        {
            Data = new JobData { Source = "generated:classes=3,per-class=16,test-per-class=6,size=8,clusters=2" },
            Network = new JobNetwork { Width = 4, Depth = 2 },
            Training = new JobTraining { BatchSize = 8, Epochs = 3 },
            Groups = new JobGroups { File = own },
            Attribution = new JobAttribution { Methods = ["head", "grad-dot"], Samples = JobAttribution.NoSamples },
        };
        RunSummary summary = Runner.Run(_folder.File("run"), job, RunGoal.Attribute, new RunSettings(), _device, new RecordingListener(),
            CancellationToken.None);

        var file = AttributionFile.Read(_folder.File("run/attribution.npz"));
        TotalEffects totals = file.Totals!;
        Assert.Equal(["anna", "ben", "carl"], totals.Names.Order());
        Assert.Equal(["removal", "sum"], totals.By);
        Assert.Equal(Images, totals.Sizes.Sum());
        int anna = Array.IndexOf(totals.Names, "anna");
        double sum = Enumerable.Range(0, file.Groups).Where(g => file.Names![g] == "anna").Sum(g => file.Matrices[1][0, g]);
        Assert.Equal(sum, totals.Effects[1][0, anna], 12);
        Assert.All(totals.Noise[0].Flatten(), noise => Assert.True(noise > 0));
        Assert.Equal(3, summary.OwnGroups.Count);
        Assert.All(summary.OwnGroups, of => Assert.Equal((3, "removal"), (of.Classes, of.By)));
        Assert.Equal(summary.OwnGroups.Select(of => of.Effect).OrderDescending(), summary.OwnGroups.Select(of => of.Effect));

        // A model without each group, and one without each name.
        NpzContents models = Npz.Read(_folder.File("run/attribution/head.npz"));
        Assert.Equal(file.Groups + 3, models["without"].Shape[0]);
    }
}
