using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>The layout at the widths of phones, tablets and screens: nothing overlaps, is cut off, or is outside the window.</summary>
[Collection(Reports.Name)]
public sealed class ReportLayoutTests(RunFiles files) : BrowserTests
{
    private static readonly int[] Widths = [360, 390, 768, 1024, 1280, 1800];

    [SkippableTheory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Nothing_overlaps_or_is_cut_off_at_any_width(ColorScheme scheme)
    {
        IPage page = await FilledAndOpened(scheme, Widths[0]);
        foreach (int width in Widths)
        {
            await page.SetViewportSizeAsync(width, 900);
            Assert.Equal([], (await Faults(page)).Select(fault => $"{width}: {fault}"));
        }

        // The same as when the page is opened in a window of that width.
        foreach (int width in (int[])[360, 1280])
            Assert.Equal([], (await Faults(await FilledAndOpened(scheme, width))).Select(fault => $"opened at {width}: {fault}"));
        AxeResult result = await page.RunAxe();
        Assert.Empty(result.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{violation.Id}: {node.Html}")));
    }

    [SkippableTheory]
    [InlineData("#heat-card { margin-top: -60px }", "overlap")]
    [InlineData("#group-facts { width: 60px; white-space: nowrap; overflow: hidden }", "cut off")]
    [InlineData("#own-card { margin-left: 400px; width: 1200px }", "outside")]
    [InlineData("button.mistake { height: 20px }", "too low")]
    public async Task A_fault_of_the_layout_is_found(string style, string kind)
    {
        IPage page = await FilledAndOpened(ColorScheme.Light, 1280);
        await page.AddStyleTagAsync(new PageAddStyleTagOptions { Content = style });
        Assert.Contains(await Faults(page), fault => fault.StartsWith(kind, StringComparison.Ordinal));
    }

    /// <summary>A report with all its parts: a group opened, others selected, two methods compared, everything unfolded.</summary>
    private async Task<IPage> FilledAndOpened(ColorScheme scheme, int width)
    {
        Require();
        string path = files.PathOf("laid-out.html");
        File.WriteAllText(path, ReportFile.Changed(File.ReadAllText(Path.Combine(files.Whole, "report.html")), ReportFile.Fill));
        IPage page = await NewPage(scheme, width);
        await Open(page, path);
        await page.EvaluateAsync("""
            showGroup(1, 1);
            select([0, 3]);
            choose(1, 2, true);
            at("compare").value = state.method === 0 ? 1 : 0;
            at("compare").dispatchEvent(new Event("input"));
            document.querySelectorAll("details").forEach(part => { part.open = true; });
            scrollTo(0, 0);
            """);
        return page;
    }

    /// <summary>
    /// The faults of the layout. What is in a box that scrolls is cut off on purpose, and the bar of the selection lies over the page.
    /// </summary>
    private static async Task<string[]> Faults(IPage page)
    {
        // A few frames, in which the observers of sizes are called.
        await page.EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))");
        return await page.EvaluateAsync<string[]>("""
            (() => {
              const faults = new Set();
              const scrolls = node => /auto|scroll/.test(getComputedStyle(node).overflowX);
              const scroller = node => { for (node = node.parentElement; node; node = node.parentElement) if (scrolls(node)) return node; };
              const named = node => `${node.id ? "#" + node.id : node.tagName + "." + node.className} (${node.textContent.slice(0, 30)})`;
              const shown = [...document.querySelectorAll("main *")].filter(node => node.checkVisibility()
                && node.getBoundingClientRect().width > 0 && !node.closest("#selection, svg, .unseen, .chart > div"));
              for (const node of shown) {
                const { left, right } = node.getBoundingClientRect();
                if (!scroller(node) && (left < -1 || right > innerWidth + 1)) faults.add(`outside the window: ${named(node)}`);
                if (scrolls(node) || node.matches("select, input, canvas, .file, pre, span.image")) continue;
                if (node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1) faults.add(`cut off: ${named(node)}`);
                if (node.matches("button, h1, h2, h3, p, td, figcaption, .card") && node.scrollHeight > node.clientHeight + 3)
                  faults.add(`too low: ${named(node)}`);
              }
              const parts = shown.filter(node => node.matches(".card, .chart, .heat, .controls, .controls > *, .actions > *, .finding > *, "
                + "h1, h2, h3, p, table, td > *, select, input, button, figure, .strip, .figure, .gallery-row > *, .headline > *, label"));
              const places = parts.map(node => [node, node.getBoundingClientRect(), scroller(node)]);
              places.forEach(([one, a, of], i) => {
                for (const [other, b, its] of places.slice(i + 1)) {
                  const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                  const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                  if (wide > 1 && high > 1 && of === its && !one.contains(other)) faults.add(`overlap: ${named(one)} and ${named(other)}`);
                }
              });
              return [...faults];
            })()
            """);
    }
}
