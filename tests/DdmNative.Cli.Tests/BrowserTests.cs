using Microsoft.Playwright;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>Tests of pages in headless Chromium; skipped if there is none.</summary>
public abstract class BrowserTests : IAsyncLifetime
{
    private const string NoBrowser = "no Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM";

    private static readonly string? Chromium = new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium",
        "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
        .FirstOrDefault(path => path is not null && File.Exists(path));

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (Chromium is null)
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Skips the test if there is no browser.</summary>
    protected static void Require() => Skip.If(Chromium is null, NoBrowser);

    protected async Task<IPage> NewPage(ColorScheme scheme, int width)
    {
        Require();
        return await _browser!.NewPageAsync(
            new BrowserNewPageOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 900 } });
    }

    /// <summary>Opens a report, at one of its parts if there is an address, and waits until it is drawn.</summary>
    protected static async Task Open(IPage page, string path, string part = "")
    {
        await page.GotoAsync(new Uri(path).AbsoluteUri + part);
        await page.WaitForSelectorAsync("html[data-ready]");
    }
}
