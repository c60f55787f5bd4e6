namespace DdmNative.Cli.Output;

/// <summary>
/// The parts of a stage's progress line that fit a given width. If the width is too small, the bar is shortened, then the rate is left out,
/// then the bar and the count, and finally the title is shortened.
/// </summary>
/// <param name="Title">The title of the stage.</param>
/// <param name="Bar">The length of the bar in cells; 0 for none.</param>
/// <param name="Filled">The number of filled cells.</param>
/// <param name="Text">Count, rate and time left.</param>
internal sealed record ProgressLine(string Title, int Bar, int Filled, string Text)
{
    private const int WidestBar = 24, NarrowestBar = 8, ShortestTitle = 12;

    /// <summary>The line with the most parts that is no wider than <paramref name="width"/>.</summary>
    public static ProgressLine Fit(string title, double done, double total, string unit, double rate, double seconds, int width)
    {
        double share = total > 0 ? Math.Clamp(done / total, 0, 1) : 0;
        if (total <= 0)
            return Plain(title, ProgressView.Clock(seconds), width);
        string left = rate > 0 ? ProgressView.Clock((total - done) / rate) + " left" : "";
        string percent = $"{(int)(share * 100)}%";
        string count = $"{ProgressView.Count(done)}/{ProgressView.Count(total)} {unit}";
        string speed = rate > 0 ? $"{ProgressView.Speed(rate)}/s" : "";
        foreach (string text in (ReadOnlySpan<string>)[Joined(percent, count, speed, left), Joined(percent, count, left),
            Joined(percent, left)])
        {
            int bar = Math.Min(WidestBar, width - title.Length - text.Length - 2);
            if (bar >= NarrowestBar)
                return new ProgressLine(title, bar, (int)(share * bar), text);
        }

        return Plain(title, Joined(percent, left), width);
    }

    /// <summary>Shortens a text to at most <paramref name="width"/> characters.</summary>
    public static string Shortened(string text, int width) => text.Length <= width ? text : width < 2 ? "" : text[..(width - 1)] + "…";

    private static ProgressLine Plain(string title, string text, int width)
    {
        string shown = Shortened(title, Math.Max(width - text.Length - 1, Math.Min(ShortestTitle, width)));
        return new ProgressLine(shown, 0, 0, Shortened(text, width - shown.Length - 1));
    }

    private static string Joined(params string[] parts) => string.Join("  ", parts.Where(part => part.Length > 0));
}
