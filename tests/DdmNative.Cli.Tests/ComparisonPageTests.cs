using System.Globalization;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>The page of <c>ddm compare --html</c> as a reader sees it, in headless Chromium.</summary>
[Collection(Reports.Name)]
public sealed class ComparisonPageTests(RunFiles files) : BrowserTests
{
    /// <summary>A name that a page must not take for markup.</summary>
    private const string EvilName = "</script><b id=evil>";

    [SkippableTheory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 700)]
    [InlineData(ColorScheme.Dark, 400)]
    public async Task Axe_finds_nothing_and_the_page_fits_its_window(ColorScheme scheme, int width)
    {
        IPage page = await Open(scheme, width, TwoRuns());

        AxeResult result = await page.RunAxe();

        Assert.Empty(result.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{violation.Id}: {node.Html}")));
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width);
        Assert.Empty(await page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll(".card svg, .card .scroll, .card p")].filter(part => part.checkVisibility()
                && part.getBoundingClientRect().right > part.closest(".card").getBoundingClientRect().right)
                .map(part => part.outerHTML.slice(0, 80))
            """));
        Assert.Equal(scheme == ColorScheme.Light ? "rgb(247, 247, 245)" : "rgb(20, 23, 26)",
            await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    [SkippableFact]
    public async Task Two_runs_stand_side_by_side_with_what_differs_and_what_changed()
    {
        string[] runs = TwoRuns();
        var problems = new List<string>();

        IPage page = await Open(ColorScheme.Light, 1280, runs, problems);

        Assert.Empty(problems);
        Assert.Equal(["training.epochs", "2", "3"], await Cells(page, "#settings tbody tr:first-child"));
        Assert.Equal(2, await page.Locator("#runs tbody tr").CountAsync());
        Assert.Equal(4, await page.Locator("#leading table").CountAsync());
        Assert.Equal(4, await page.Locator("#scatter circle").CountAsync());
        Assert.Contains("over 4 groups, on loss.", await page.InnerTextAsync("#effects-note"), StringComparison.Ordinal);
        double[] changes = [.. (await page.Locator("#changes tbody td:last-child").AllInnerTextsAsync())
            .Select(text => Math.Abs(double.Parse(text, CultureInfo.InvariantCulture)))];
        Assert.Equal(4, changes.Length);
        Assert.Equal(changes.OrderDescending(), changes);
        Assert.False(await page.IsVisibleAsync("#exact-card"));
        Assert.Equal(0, await page.Locator("#evil").CountAsync());
        Assert.Contains(EvilName, await page.InnerTextAsync("#changes"), StringComparison.Ordinal);

        string before = await page.InnerTextAsync("#changes");
        await page.SelectOptionAsync("#objective", "loss:class=1");
        Assert.Contains("on loss:class=1.", await page.InnerTextAsync("#effects-note"), StringComparison.Ordinal);
        Assert.NotEqual(before, await page.InnerTextAsync("#changes"));
    }

    [SkippableFact]
    public async Task The_methods_of_one_validated_run_are_compared_with_their_correlations()
    {
        IPage page = await Open(ColorScheme.Light, 1280, [files.Whole]);

        Assert.Equal("Methods compared", await page.InnerTextAsync("#title"));
        Assert.False(await page.IsVisibleAsync("#settings-card"));
        // Eight methods, and the ceiling of two seeds.
        Assert.Equal(9, await page.Locator("#exact tbody tr").CountAsync());
        Assert.Equal(8, await page.Locator("#second option").CountAsync());
        await page.SelectOptionAsync("#second", new SelectOptionValue { Index = 0 });
        Assert.StartsWith("Correlation 1.00 over 6 groups", await page.InnerTextAsync("#effects-note"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Numbers_have_three_significant_digits_as_on_the_terminal()
    {
        IPage page = await Open(ColorScheme.Light, 1280, [files.Whole]);

        Assert.Equal(["0", "0", "0.000123", "-0.0123", "1.00", "12.3", "17300", "–"], await page.EvaluateAsync<string[]>(
            "[0, -0, 0.000123456, -0.0123456, 0.99951, 12.345, 17277.72, null].map(number)"));
        Assert.Equal(["+0.250", "-0.250", "0"], await page.EvaluateAsync<string[]>("[0.25, -0.25, -0].map(signed)"));
    }

    /// <summary>Two runs that differ in the length of training, with the same own groups.</summary>
    private string[] TwoRuns()
    {
        string groups = files.PathOf("compared-groups.csv");
        string[] runs = [files.PathOf("short"), files.PathOf("a longer name of a run, which no heading has room for")];
        if (File.Exists(groups))
            return runs;
        File.WriteAllLines(groups, ["sample,group", .. Enumerable.Range(0, 40).Select(n => $"{n},{(n / 2 % 2 == 0 ? EvilName : "web")}")]);
        foreach ((string run, string epochs) in runs.Zip(["2", "3"]))
        {
            Assert.Equal(0, Ddm.Run("train", "--run", run, "--data", "generated:classes=2,per-class=20,test-per-class=8,size=8", "--width",
                "6", "--depth", "2", "--epochs", epochs).Code);
            Assert.Equal(0, Ddm.Run("attribute", "--run", run, "--depth", "head", "--groups", groups).Code);
        }

        return runs;
    }

    private async Task<IPage> Open(ColorScheme scheme, int width, string[] runs, List<string>? problems = null)
    {
        Require();
        string file = files.PathOf($"comparison-{Path.GetRandomFileName()}.html");
        Ddm.Result result = Ddm.Run(["compare", .. runs, "--html", file]);
        Assert.True(result.Code == 0, result.Error);
        IPage page = await NewPage(scheme, width);
        page.Request += (_, request) => problems?.AddRange(request.Url.StartsWith("file:", StringComparison.Ordinal) ? [] : [request.Url]);
        page.PageError += (_, error) => problems?.Add(error);
        page.Console += (_, message) => problems?.AddRange(message.Type is "error" or "warning" ? [message.Text] : []);
        await Open(page, file);
        return page;
    }

    private static async Task<string[]> Cells(IPage page, string row) => [.. await page.Locator($"{row} td").AllInnerTextsAsync()];
}
