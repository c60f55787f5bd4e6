using System.Text.Json.Nodes;
using DdmNative.Attribution.Formats;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>The report as a reader sees it, in headless Chromium.</summary>
[Collection(Reports.Name)]
public sealed class ReportTests(RunFiles files) : BrowserTests
{
    private const long MostBytes = 22_000_000;
    private const double MostPaintMilliseconds = 1000, MostInteractionMilliseconds = 100;

    // Of a time on a machine that others use too, the least of a few is what the page takes.
    private const int Trials = 10;

    private string Report => Path.Combine(files.Whole, "report.html");

    [SkippableFact]
    public async Task On_paper_nothing_is_cut_off()
    {
        IPage page = await NewPage(ColorScheme.Light, 1280);
        await Open(page, Report);
        // As the browser does it: paper's rules and width, and the word that printing begins.
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { Media = Media.Print });
        await page.SetViewportSizeAsync(740, 1000);
        await page.EvaluateAsync("dispatchEvent(new Event('beforeprint'))");

        string[] cut = await page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll(".card")].filter(card => card.offsetParent)
                .flatMap(card => [...card.querySelectorAll("table, .chart svg, .gallery-row")]
                    .filter(part => part.getBoundingClientRect().width > 0
                        && part.getBoundingClientRect().right > card.getBoundingClientRect().right + 1)
                    .map(part => (part.id || part.parentElement.parentElement.id || part.className)
                        + " in " + card.querySelector("h2")?.textContent))
            """);
        Assert.Empty(cut);
        Assert.Equal(await page.Locator(".chart svg").CountAsync(), await page.Locator(".chart svg[viewBox]").CountAsync());
        Assert.NotEqual(0, await page.Locator(".chart svg").CountAsync());
    }

    [SkippableFact]
    public async Task The_page_asks_the_network_for_nothing_and_has_no_errors()
    {
        IPage page = await NewPage(ColorScheme.Light, 1280);
        var requests = new List<string>();
        var errors = new List<string>();
        page.Request += (_, request) => requests.Add(request.Url);
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) => errors.AddRange(message.Type is "error" or "warning" ? [message.Text] : []);
        await Open(page, Report);
        Assert.DoesNotContain(requests, url => !url.StartsWith("file:", StringComparison.Ordinal)
            && !url.StartsWith("data:", StringComparison.Ordinal));
        Assert.Empty(errors);
        Assert.Contains("F_o(with group g)", await page.TextContentAsync("#convention"), StringComparison.Ordinal);
        Assert.Equal(6, await page.EvaluateAsync<int>("columns.length"));
        Assert.True(await page.Locator("#scatter svg path").CountAsync() > 6);
    }

    [SkippableTheory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Axe_finds_nothing_to_complain_of(ColorScheme scheme)
    {
        IPage page = await NewPage(scheme, 1280);
        await Open(page, Report);
        await page.ClickAsync("#helpful button.link");
        await page.CheckAsync("#helpful input");
        await page.EvaluateAsync("document.querySelectorAll('details').forEach(part => part.open = true)");
        AxeResult result = await page.RunAxe();
        Assert.Empty(result.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{violation.Id}: {node.Html}")));
    }

    [SkippableTheory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 1400)]
    [InlineData(ColorScheme.Dark, 1000)]
    [InlineData(ColorScheme.Light, 700)]
    [InlineData(ColorScheme.Light, 400)]
    [InlineData(ColorScheme.Dark, 400)]
    public async Task The_page_fits_its_window_in_its_colours(ColorScheme scheme, int width)
    {
        IPage page = await NewPage(scheme, width);
        await Open(page, Report);
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width);
        Assert.Equal(scheme == ColorScheme.Light
            ? "rgb(247, 247, 245)" : "rgb(20, 23, 26)",
                await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));

        // The heat map is not empty: more than the colours of its ground and its text.
        Assert.True(await page.EvaluateAsync<int>("""
            (() => {
                const { canvas } = heat;
                const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                return new Set(new Uint32Array(image.data.buffer)).size;
            })()
            """) > 20);
        string folder = Path.Combine(AppContext.BaseDirectory, "TestResults");
        Directory.CreateDirectory(folder);
        byte[] picture = await page.ScreenshotAsync(
            new PageScreenshotOptions { FullPage = true, Path = Path.Combine(folder, $"report-{scheme}-{width}.png") });
        Assert.True(picture.Length > 50_000);
    }

    [SkippableTheory]
    [InlineData(1400)]
    [InlineData(1000)]
    [InlineData(700)]
    [InlineData(400)]
    public async Task Charts_fill_their_places_and_what_is_cut_off_says_so(int width)
    {
        IPage page = await NewPage(ColorScheme.Light, width);
        await Open(page, Report);
        await RequireWhole(page);
        await page.ClickAsync("#settings-card summary");
        await RequireWhole(page);
        // The same after the window has changed.
        await page.SetViewportSizeAsync(1400 + 400 - width, 900);
        await RequireWhole(page);
        if (width == 1400)
            return;
        await page.SetViewportSizeAsync(1400, 900);
        await RequireWhole(page);
        Assert.Equal(0, await page.EvaluateAsync<int>("at('methods').parentElement.scrollWidth - at('methods').parentElement.clientWidth"));
    }

    private static async Task RequireWhole(IPage page)
    {
        // A few frames, in which the observers of sizes are asked.
        await page.EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))");
        Assert.True(await page.Locator("#curves .chart").CountAsync() > 1);
        Assert.Empty(await page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll(".chart svg, .chart canvas")].map(drawn => [drawn, drawn.closest(".chart")])
                .filter(([drawn, place]) => place.clientWidth > 0
                    && Math.abs(drawn.getBoundingClientRect().width - place.clientWidth) > 1)
                .map(([drawn, place]) =>
                    `${place.getAttribute("aria-label")}: ${drawn.getBoundingClientRect().width} in ${place.clientWidth}`)
            """));
        Assert.Empty(await page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll(".scroll, .gallery-rows")]
                .filter(box => box.checkVisibility()
                    && (box.scrollWidth > box.clientWidth + 1) !== !!box.nextElementSibling?.classList.contains("more"))
                .map(box => `${box.getAttribute("aria-label")}: ${box.scrollWidth} in ${box.clientWidth}`)
            """));
    }

    [SkippableFact]
    public async Task Lists_of_few_groups_do_not_overlap()
    {
        IPage page = await NewPage(ColorScheme.Light, 1280);
        await Open(page, Report);

        string[] helpful = await page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('#helpful button.link')].map(button => button.textContent)");
        string[] harmful = await page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('#harmful button.link')].map(button => button.textContent)");

        Assert.Equal((3, 3), (helpful.Length, harmful.Length));
        Assert.Empty(helpful.Intersect(harmful));
        Assert.Equal(["–", "0.00", "-0.01", "1.50"],
            await page.EvaluateAsync<string[]>("[null, -0.001, -0.009, 1.5].map(value => number(value, 2))"));
    }

    [SkippableFact]
    public async Task Keys_move_over_the_map_and_open_a_group()
    {
        IPage page = await NewPage(ColorScheme.Light, 1280);
        await Open(page, Report);
        await page.FocusAsync("#heat");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowDown");
        Assert.StartsWith("group 1 (class 0, cluster 1", (await page.InnerTextAsync("#detail")).Trim(), StringComparison.Ordinal);
        Assert.Contains("on the test loss of class 0", await page.InnerTextAsync("#detail"), StringComparison.Ordinal);
        Assert.Contains("by exact retraining", await page.InnerTextAsync("#detail"), StringComparison.Ordinal);
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal("group 1", await page.InnerTextAsync("#group-title"));
        await page.Keyboard.PressAsync("End");
        Assert.StartsWith("group 5", (await page.InnerTextAsync("#detail")).Trim(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Columns_can_be_filtered_sorted_and_put_together()
    {
        IPage page = await NewPage(ColorScheme.Light, 1280);
        await Open(page, Report);
        await page.FillAsync("#filter", "class 1-2");
        Assert.Equal("2,3,4,5", await Shown(page));
        await page.FillAsync("#filter", "");
        await page.SelectOptionAsync("#order", "harmful");
        double[] effects = await page.EvaluateAsync<double[]>("columns.map(column => valueAt(0, column))");
        Assert.Equal(effects.OrderDescending(), effects);
        await page.SelectOptionAsync("#order", "number");
        await page.SelectOptionAsync("#level", "classes");
        Assert.Equal(3, await page.EvaluateAsync<int>("columns.length"));
        Assert.Equal(await page.EvaluateAsync<double>("matrix()[0][2] + matrix()[0][3]"),
            await page.EvaluateAsync<double>("valueAt(0, columns[1])"));
        await page.FocusAsync("#heat");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("Enter"); // into class 1
        Assert.Equal("2,3", await Shown(page));
        await page.FillAsync("#filter", "nothing of this name");
        Assert.Equal("No group's class or name matches.", await page.InnerTextAsync("#detail"));
    }

    [SkippableFact]
    public async Task From_a_group_the_way_goes_on_to_its_images()
    {
        IPage page = await NewPage(ColorScheme.Light, 1280);
        await Open(page, Report);
        await page.FocusAsync("#heat");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal("group 0", await page.InnerTextAsync("#group-title"));
        double[] effects = await page.EvaluateAsync<double[]>(
            "[...document.querySelectorAll('#group-samples-images figcaption span')]"
            + ".map(span => Number(span.textContent.replace('−', '-')))");
        Assert.Equal(await page.EvaluateAsync<int>("data.groups[0].size"), effects.Length);
        Assert.Equal(effects.Order(), effects);

        await page.ClickAsync("#group-open");
        Assert.Equal("samples", await page.InputValueAsync("#level"));
        Assert.True(await page.EvaluateAsync<bool>(
            "columns.length === data.groups[0].size && columns.every(column => column.groups[0] === 0)"));
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Matches(@"^image \d+ of .+ of group 0 \(class 0.*\(by grad-dot\)$", (await page.InnerTextAsync("#detail")).Trim());

        await page.FillAsync("#filter", "");
        Assert.Equal(await page.EvaluateAsync<int>("data.samples.total"), await page.EvaluateAsync<int>("columns.length"));
        await page.SelectOptionAsync("#order", "helpful");
        double[] sorted = await page.EvaluateAsync<double[]>("columns.map(column => valueAt(0, column))");
        Assert.Equal(sorted.Order(), sorted);
    }

    [SkippableFact]
    public async Task The_most_helpful_and_harmful_images_follow_the_objective_and_open_their_group()
    {
        IPage page = await NewPage(ColorScheme.Light, 1280);
        await Open(page, Report);
        await page.SelectOptionAsync("#objective", "2");
        foreach ((string id, string end) in new[] { ("helpful", "Math.min"), ("harmful", "Math.max") })
            Assert.Equal(await page.EvaluateAsync<string>($"signed({end}(...data.samples.effects[2]))"),
                await page.InnerTextAsync($"#{id}-samples figcaption span >> nth=0"));
        await page.ClickAsync("#harmful-samples .picture >> nth=0");
        await page.ClickAsync("#viewer-open");
        Assert.Equal(await page.EvaluateAsync<string>("groupName(data.samples.groups[data.samples.harmful[2][0]])"),
            await page.InnerTextAsync("#group-title"));
        Assert.Equal("2", await page.InputValueAsync("#group-objective"));
        Assert.Equal(1, await page.Locator("#group-samples-images [aria-current]").CountAsync());
    }

    /// <remarks>Times are those of a machine that does nothing else: build/test.sh runs what has this trait by itself.</remarks>
    [SkippableFact]
    [Trait("Machine", "quiet")]
    public async Task A_thousand_groups_in_a_hundred_classes_stay_light_and_quick()
    {
        Require();
        string path = files.PathOf("large.html");
        File.WriteAllText(path, ReportFile.Changed(File.ReadAllText(Report), Enlarge));
        Assert.InRange(new FileInfo(path).Length, 8_000_000, MostBytes);
        double paint = double.MaxValue, interaction = double.MaxValue;
        for (int i = 0; i < Trials && (paint > MostPaintMilliseconds || interaction > MostInteractionMilliseconds); i++)
        {
            IPage page = await NewPage(ColorScheme.Light, 1280);
            await Open(page, path);
            paint = Math.Min(paint, await page.EvaluateAsync<double>(
                "performance.getEntriesByName('first-contentful-paint')[0].startTime"));
            interaction = Math.Min(interaction, await page.EvaluateAsync<double>("""
                (async () => {
                  const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
                  let most = 0;
                  const time = async action => {
                    await painted();
                    const from = performance.now();
                    action();
                    await painted();
                    most = Math.max(most, performance.now() - from);
                  };
                  await time(() => { heat.box.scrollLeft = 3000; heat.box.scrollTop = 500; });
                  await time(() => choose(40, 500, true));
                  for (const [id, value] of [["order", "helpful"], ["scale", "all"], ["level", "samples"], ["level", "classes"],
                      ["objective", "30"], ["method", "1"], ["filter", "class 7"]])
                    await time(() => { at(id).value = value; at(id).dispatchEvent(new Event("input")); });
                  return most;
                })()
                """));
            await page.CloseAsync();
        }
        Assert.InRange(paint, 0, MostPaintMilliseconds);
        Assert.InRange(interaction, 0, MostInteractionMilliseconds);
    }

    private static Task<string> Shown(IPage page) => page.EvaluateAsync<string>("columns.map(column => column.groups[0]).join()");

    /// <summary>
    /// The same page with the data of 1000 groups, 101 objectives, two methods and 1300 single images, and pictures as large as a report's
    /// may be.
    /// </summary>
    private static void Enlarge(JsonNode data)
    {
        const int Groups = 1000, Classes = 100, Objectives = Classes + 1, GroupsOfClass = Groups / Classes;
        var random = new Random(1);
        JsonArray Array(int count, Func<int, JsonNode?> make) => [.. Enumerable.Range(0, count).Select(make)];
        JsonArray Matrix() => Array(Objectives, _ => Array(Groups, _ => JsonValue.Create(Math.Round(random.NextDouble() - 0.5, 5))));
        data["groups"] = Array(Groups,
            g => new JsonObject { ["name"] = null, ["class"] = g / GroupsOfClass, ["cluster"] = g % GroupsOfClass, ["size"] = 50 });
        data["objectives"] = Array(Objectives, o => o == 0 ? "loss" : $"loss:class={o - 1}");
        data["objective_names"] = Array(Objectives, o => o == 0 ? "test loss" : $"test loss of class {o - 1}");
        data["harm_signs"] = Array(Objectives, _ => 1);
        data["matrices"] = Array(2, _ => Matrix());
        data["noise"] = Array(2, _ => Array(Objectives, _ => Array(Groups, _ => 0.05)));
        data["exact"] = Matrix();
        data["exact_noise"] = null;
        data["mistakes"] = data["suspects"] = data["totals"] = null;
        data["methods"] = Array(2, i => data["methods"]![i]!.DeepClone());
        JsonNode images = data["images"]!;
        using var picture = new MemoryStream();
        var noise = new byte[GroupsOfClass * 32 * 64 * 3];
        random.NextBytes(noise);
        PngWriter.Write(picture, noise, GroupsOfClass * 32, 64, 3);
        (images["width"], images["height"], images["synset"], images["real"]) = (32, 32, 1, 1);
        string uri = "data:image/png;base64," + Convert.ToBase64String(picture.ToArray());
        images["classes"] = Array(Classes,
            c => new JsonObject { ["class"] = c, ["groups"] = Array(GroupsOfClass, i => c * GroupsOfClass + i), ["picture"] = uri,
                ["ids"] = Array(GroupsOfClass, i => Array(1, _ => 50 * (c * GroupsOfClass + i))) });

        const int Samples = 1300, SamplesOfClass = Samples / Classes;
        using var sheet = new MemoryStream();
        PngWriter.Write(sheet, noise.AsSpan(0, SamplesOfClass * 32 * 32 * 3).ToArray(), SamplesOfClass * 32, 32, 3);
        string sheetUri = "data:image/png;base64," + Convert.ToBase64String(sheet.ToArray());
        JsonNode samples = data["samples"]!;
        (samples["total"], samples["width"], samples["height"]) = (50_000, 32, 32);
        samples["ids"] = Array(Samples, i => i);
        samples["groups"] = Array(Samples, i => i / SamplesOfClass * GroupsOfClass + i % SamplesOfClass % GroupsOfClass);
        samples["classes"] = Array(Samples, i => i / SamplesOfClass);
        samples["files"] = null;
        samples["effects"] = Array(Objectives, _ => Array(Samples, _ => JsonValue.Create(Math.Round(random.NextDouble() - 0.5, 5))));
        samples["helpful"] = Array(Objectives, o => Array(6, i => o + i));
        samples["harmful"] = Array(Objectives, o => Array(6, i => 2 * o + i));
        samples["pictures"] = Array(Classes,
            c => new JsonObject { ["from"] = c * SamplesOfClass, ["columns"] = 1, ["picture"] = sheetUri });
    }
}
