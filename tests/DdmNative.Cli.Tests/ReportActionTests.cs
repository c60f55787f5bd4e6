using System.Globalization;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>From the report's answer to an action: pictures, groups, mistakes, doubtful labels, a selection, addresses.</summary>
[Collection(Reports.Name)]
public sealed class ReportActionTests(RunFiles files) : BrowserTests
{
    [SkippableFact]
    public async Task The_page_leads_with_the_answer_and_the_pictures_of_its_group()
    {
        IPage page = await Filled();
        Assert.Equal("Without these 12 A class that has a rather long name images (group 4) the test loss would rise from 0.361 to "
            + "about 0.449 ± 0.006 (+24 %); retraining says 0.456.", (await page.InnerTextAsync("h1")).Replace('\u00a0', ' '));
        Assert.True(await page.EvaluateAsync<bool>("document.querySelector('main .card').contains(document.querySelector('h1'))"));
        Assert.Equal(await page.EvaluateAsync<int>("Math.min(8, realCount(4))"),
            await page.Locator(".finding.first .picture").CountAsync());
        Assert.Equal("No group harms the test loss measurably.", await page.InnerTextAsync(".finding:not(.first)"));
        await page.ClickAsync(".finding.first button.primary");
        Assert.Equal("annotator 0 <b>, A class that has a rather long name", await page.InnerTextAsync("#group-title"));

        // The answer of the run itself.
        await Open(page, Path.Combine(files.Whole, "report.html"));
        Assert.Equal(await page.EvaluateAsync<string>("typeset(summary.answer[0])"), await page.InnerTextAsync("h1"));
    }

    [SkippableFact]
    public async Task An_effect_is_beside_its_noise_and_marked_if_that_hides_it()
    {
        IPage page = await Filled();
        Assert.Equal(["−0.088 ± 0.006", "+1.50 ± 0.14", "0.000 ± 0.002", "−0.0881", "–"], await page.EvaluateAsync<string[]>(
            "[[-0.0881, 0.0062], [1.5, 0.14], [0.0001, 0.002], [-0.0881, null], [null, 1]].map(pair => withNoise(...pair))"));
        Assert.Equal("true,false,false", await page.EvaluateAsync<string>(
            "[[0.1, 0.051], [-0.1, 0.049], [0.1, null]].map(pair => hidden(...pair)).join()"));
        Assert.Equal(await page.EvaluateAsync<int>("allGroups.filter(g => hidden(matrix()[0][g], noiseAt(0, g))).length"),
            await page.Locator("#helpful .tag, #harmful .tag").CountAsync());
        Assert.Equal(3, await page.Locator("#helpful .tag, #harmful .tag").CountAsync());
    }

    [SkippableFact]
    public async Task A_picture_is_enlarged_by_a_click_and_closed_by_a_key()
    {
        IPage page = await Filled();
        await page.FocusAsync("#helpful-samples .picture >> nth=0");
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal(await page.EvaluateAsync<string>("sampleName(data.samples.helpful[0][0])"),
            await page.InnerTextAsync("#viewer-title"));
        Assert.Matches(@"^image \d+ of generated", await page.InnerTextAsync("#viewer-title"));
        string facts = await page.InnerTextAsync("#viewer-facts");
        Assert.Contains(await page.EvaluateAsync<string>("className(data.samples.classes[data.samples.helpful[0][0]])"), facts,
            StringComparison.Ordinal);
        Assert.Contains(await page.EvaluateAsync<string>("signed(data.samples.effects[0][data.samples.helpful[0][0]])"), facts,
            StringComparison.Ordinal);
        AxeResult result = await page.RunAxe();
        Assert.Empty(result.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{violation.Id}: {node.Html}")));

        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(await page.EvaluateAsync<string>("sampleName(data.samples.helpful[0][1])"),
            await page.InnerTextAsync("#viewer-title"));
        await page.Keyboard.PressAsync("Escape");
        Assert.False(await page.IsVisibleAsync("#viewer"));
        Assert.True(await page.EvaluateAsync<bool>("document.activeElement === document.querySelector('#helpful-samples .picture')"));
    }

    [SkippableFact]
    public async Task A_mistake_leads_to_the_training_images_that_made_it_so_and_to_their_groups()
    {
        IPage page = await Filled();
        Assert.Equal(5, await page.Locator("#mistakes button").CountAsync());
        await page.ClickAsync("#mistakes button >> nth=2");
        Assert.Equal("A class that has a rather long name, taken for Ankle boot", await page.InnerTextAsync("#mistake-title"));
        Assert.StartsWith("image 17 of generated", await page.InnerTextAsync("#mistake-facts"), StringComparison.Ordinal);
        Assert.EndsWith("#mistake=17", page.Url, StringComparison.Ordinal);
        Assert.Equal(["−0.25", "−0.125"], await page.Locator("#mistake-against figcaption > span:first-child").AllInnerTextsAsync());
        Assert.Equal(["+0.5"], await page.Locator("#mistake-for figcaption > span:first-child").AllInnerTextsAsync());
        await page.ClickAsync("#mistake-against figure:nth-child(2) .link");
        Assert.Equal(await page.EvaluateAsync<string>("groupName(3)"), await page.InnerTextAsync("#group-title"));
    }

    [SkippableFact]
    public async Task Doubtful_labels_are_saved_with_their_files()
    {
        IPage page = await Filled();
        Assert.Equal(24, await page.Locator("#suspects figure").CountAsync());
        await page.ClickAsync("#suspects-more");
        Assert.Equal(30, await page.Locator("#suspects figure").CountAsync());
        string[] lines = await Saved(page, "#suspects-save");
        Assert.Equal(31, lines.Length);
        Assert.Equal("sample,file,label,class_name,score,rank,predicted,predicted_name,probability,loss", lines[0]);
        Assert.Equal("0,\"train/Ankle boot/a_very_long_name_of_an_image, number 0.png\",0,Ankle boot,3.5,1,1,Shirt,0.75,2.5",
            lines[1]);
    }

    [SkippableFact]
    public async Task Selected_groups_give_a_command_a_file_and_the_sum_of_their_effects()
    {
        IPage page = await Filled();
        Assert.False(await page.IsVisibleAsync("#selection"));
        await page.FocusAsync("#heat");
        foreach (string key in (string[])["ArrowRight", "Space", "End", "Space"])
            await page.Keyboard.PressAsync(key);
        Assert.Equal($"ddm unlearn --run {files.Whole} --forget group=0,5", await page.InnerTextAsync("#selection-command"));
        string text = await page.InnerTextAsync("#selection-text");
        Assert.StartsWith("2 groups, ", text, StringComparison.Ordinal);
        Assert.Contains("sum of their effects " + await page.EvaluateAsync<string>(
            "withNoise(matrix()[0][0] + matrix()[0][5], Math.hypot(noiseAt(0, 0), noiseAt(0, 5)))"), text, StringComparison.Ordinal);
        Assert.Equal("0,5", await page.EvaluateAsync<string>(
            "[...new Set([...document.querySelectorAll('#helpful input:checked, #harmful input:checked')].map(box => box.dataset.groups))]"
            + ".sort().join()"));
        string[] lines = await Saved(page, "#selection-save");
        Assert.Equal("group,name,class,class_name,images,objective,method,effect,noise", lines[0]);
        Assert.StartsWith("5,annotator 1 <b>,2,A class that has a rather long name,", lines[2], StringComparison.Ordinal);

        // Without the right to use the clipboard, the command is at least selected.
        await page.EvaluateAsync("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
        await page.ClickAsync("#selection-copy");
        await page.WaitForFunctionAsync("at('selection-copied').textContent !== ''");
        Assert.Equal(await page.InnerTextAsync("#selection-command"), await page.EvaluateAsync<string>("getSelection().toString()"));

        await page.UncheckAsync("#helpful input:checked >> nth=0");
        Assert.StartsWith("1 group, ", await page.InnerTextAsync("#selection-text"), StringComparison.Ordinal);
        await page.ClickAsync("#selection-clear");
        Assert.False(await page.IsVisibleAsync("#selection"));
        Assert.Equal(0, await page.Locator("input.select:checked").CountAsync());
        Assert.Equal("'it'\\''s here'", await page.EvaluateAsync<string>("quoted(\"it's here\")"));
    }

    [SkippableTheory]
    [InlineData("#group=3", "#group", "groupName(3)", "at('group-title').textContent")]
    [InlineData("#class=1", "#heat-card", "'2,3'", "columns.map(column => column.groups[0]).join()")]
    [InlineData("#class=Ankle%20boot", "#heat-card", "'0,1'", "columns.map(column => column.groups[0]).join()")]
    [InlineData("#mistake=10", "#mistakes-card", "'true'", "at('mistakes').children[1].getAttribute('aria-pressed')")]
    public async Task An_address_opens_its_part(string address, string part, string expected, string found)
    {
        IPage page = await Filled(address);
        Assert.Equal(await page.EvaluateAsync<string>(expected), await page.EvaluateAsync<string>(found));
        double top = await page.EvaluateAsync<double>($"document.querySelector('{part}').getBoundingClientRect().top");
        Assert.InRange(top, -1, 900);
        await page.EvaluateAsync("showGroup(2)");
        Assert.EndsWith("#group=2", page.Url, StringComparison.Ordinal);
        // A link within the page to another group.
        await page.EvaluateAsync("location.hash = '#group=4'");
        await page.WaitForFunctionAsync("at('group-title').textContent === groupName(4)");
    }

    [SkippableFact]
    public async Task Own_groups_have_their_totals_and_are_columns_of_the_map()
    {
        IPage page = await Filled();
        double[] totals = await page.EvaluateAsync<double[]>("ownNames.map(name => totalOf(0, name, lead).value)");
        Assert.Equal(await page.EvaluateAsync<double[]>(
            "[0, 1].map(i => [0, 2, 4].reduce((sum, g) => sum + data.matrices[lead][0][g + i], 0))"), totals);
        IReadOnlyList<string> shown = await page.Locator("#own span.effect").AllInnerTextsAsync();
        Assert.Equal(await page.EvaluateAsync<string>($"withNoise({totals.Max().ToString(CultureInfo.InvariantCulture)}, "
            + "totalOf(0, [...ownNames].sort((a, b) => totalOf(0, b, lead).value - totalOf(0, a, lead).value)[0], lead).noise)"), shown[0]);
        await page.SelectOptionAsync("#level", "own");
        Assert.Equal("annotator 0 <b>,annotator 1 <b>", await page.EvaluateAsync<string>("columns.map(column => column.name).join()"));
        await page.ClickAsync("#own tbody tr:nth-child(1) .link");
        Assert.Equal(3, await page.EvaluateAsync<int>("columns.length"));
    }

    [SkippableFact]
    public async Task Two_methods_are_compared_by_their_effects_on_the_marked_row()
    {
        IPage page = await Filled();
        Assert.False(await page.IsVisibleAsync("#compared"));
        await page.SelectOptionAsync("#method", "5");
        await page.SelectOptionAsync("#compare", "6");
        string correlation = await page.EvaluateAsync<string>("number(pearson(data.matrices[5][0], data.matrices[6][0]), 2)");
        Assert.Contains($"Their correlation is {correlation} here", await page.InnerTextAsync("#compared-note"), StringComparison.Ordinal);
        Assert.True(await page.Locator("#compared-chart svg path").CountAsync() > 6);
        // A method is not compared with itself.
        await page.SelectOptionAsync("#method", "6");
        await page.WaitForFunctionAsync("at('compared').hidden");
        Assert.Equal("-1", await page.InputValueAsync("#compare"));
    }

    private async Task<IPage> Filled(string address = "")
    {
        Require();
        string path = files.PathOf("filled.html");
        File.WriteAllText(path, ReportFile.Changed(File.ReadAllText(Path.Combine(files.Whole, "report.html")), ReportFile.Fill));
        IPage page = await NewPage(ColorScheme.Light, 1280);
        await Open(page, path, address);
        return page;
    }

    private static async Task<string[]> Saved(IPage page, string button)
    {
        IDownload download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync(button));
        using var reader = new StreamReader(await download.CreateReadStreamAsync());
        return (await reader.ReadToEndAsync()).TrimEnd('\n').Split('\n');
    }
}
