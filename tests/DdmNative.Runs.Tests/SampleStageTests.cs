using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Effects of single images beside those of groups, and what the report holds of them.</summary>
public sealed partial class SampleStageTests : IDisposable
{
    private const int Images = SmallRuns.Images, Groups = SmallRuns.Groups;

    private readonly SmallRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Are_those_of_the_method_at_the_granularity_sample()
    {
        _runs.Attribute("beside",
            new JobAttribution { Methods = ["head"], Objectives = ["loss", "accuracy", "margin:class=1"], Samples = "tracin" });
        _runs.Attribute("alone",
            new JobAttribution { Methods = ["tracin"], Objectives = ["loss", "margin:class=1"], Granularity = "sample" });

        NpzContents beside = _runs.Read("beside", "attribution/samples.npz"), alone = _runs.Read("alone", "attribution.npz");
        Assert.Equal(["loss", "margin:class=1"], beside.Elements<string>("objectives"));
        Assert.Equal(alone.Elements<double>("matrix"), beside.Elements<double>("matrix"));
        Assert.Equal([2, Images], beside["matrix"].Shape);
    }

    [Theory]
    [InlineData("head", "loss", "group", "none")]
    [InlineData("head", "accuracy", "group", "grad-dot")]
    [InlineData("grad-dot", "loss", "sample", "grad-dot")]
    public void Are_not_computed_where_nobody_could_want_them(string method, string objective, string granularity, string samples)
    {
        _runs.Attribute("run", new JobAttribution { Methods = [method], Objectives = [objective], Granularity = granularity,
            Samples = samples });

        Assert.False(File.Exists(_runs.PathOf("run", "attribution", "samples.npz")));
    }

    [Fact]
    public void The_report_holds_all_of_a_small_data_set_scaled_to_the_groups()
    {
        _runs.Attribute("run", new JobAttribution { Methods = ["head"], Objectives = ["loss", "margin"] });

        JsonNode samples = ReportData("run")["samples"]!;
        double[][] effects = [.. _runs.Read("run", "attribution/samples.npz").Elements<double>("matrix").Chunk(Images)];
        int[] ids = [.. samples["ids"]!.AsArray().Select(id => id!.GetValue<int>())];
        double scale = samples["scale"]!.GetValue<double>();
        Assert.Equal(Enumerable.Range(0, Images), ids.Order());
        for (int o = 0; o < 2; o++)
        {
            Assert.All(ids.Index(), entry =>
                Assert.Equal(scale * effects[o][entry.Item], samples["effects"]![o]![entry.Index]!.GetValue<double>(),
                1e-4 * Math.Abs(scale * effects[o][entry.Item])));
            // A loss is helped by what lowers it, a margin by what raises it.
            int[] helpful = [.. effects[o].Index().OrderBy(entry => (o == 0 ? 1 : -1) * entry.Item).Select(entry => entry.Index)];
            Assert.Equal(helpful.Take(12), samples["helpful"]![o]!.AsArray().Select(place => ids[place!.GetValue<int>()]));
            Assert.Equal(helpful.Reverse().Take(12), samples["harmful"]![o]!.AsArray().Select(place => ids[place!.GetValue<int>()]));
        }

        // The slope through the origin of the groups' effects on the sums over their images.
        NpzContents attribution = _runs.Read("run", "attribution.npz");
        JsonArray of = samples["groups"]!.AsArray();
        double products = 0, squares = 0;
        for (int o = 0; o < 2; o++)
            for (int g = 0; g < Groups; g++)
            {
                double sum = ids.Index().Where(entry => of[entry.Index]!.GetValue<int>() == g).Sum(entry => effects[o][entry.Item]);
                (products, squares) = (products + sum * attribution.Elements<double>("matrix")[o * Groups + g], squares + sum * sum);
            }

        Assert.Equal(products / squares, scale, 1e-9);
    }

    [Theory]
    [InlineData("class", 3)]
    [InlineData("sample", Groups)]
    public void The_report_shows_other_parts_as_what_they_are(string granularity, int columns)
    {
        _runs.Attribute("run", new JobAttribution { Methods = ["grad-dot"], Objectives = ["loss"], Granularity = granularity });

        JsonNode data = ReportData("run");
        double[] row = _runs.Read("run", "attribution.npz").Elements<double>("matrix");
        Assert.Equal(columns, data["groups"]!.AsArray().Count);
        Assert.Equal(columns, data["matrices"]![0]![0]!.AsArray().Count);
        // Single images are added up by group; classes stand as they are.
        Assert.Equal(row.Sum(), data["matrices"]![0]![0]!.AsArray().Sum(value => value!.GetValue<double>()), 1e-3 * row.Sum(Math.Abs));
        Assert.Equal(Images, data["samples"]!["ids"]!.AsArray().Count);
        if (granularity == "sample")
            Assert.Null(data["samples"]!["scale"]);
    }

    private JsonNode ReportData(string run)
        => JsonNode.Parse(DataElement().Match(File.ReadAllText(_runs.PathOf(run, "report.html"))).Groups[1].Value)!;

    [GeneratedRegex("""<script id="data" type="application/json">(.*?)</script>""", RegexOptions.Singleline)]
    private static partial Regex DataElement();
}
