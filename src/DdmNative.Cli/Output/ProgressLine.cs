namespace DdmNative.Cli.Output;

/// <summary>What a stage's one line can show in a given width: first it loses length of its bar, then the rate, then the bar and the count, and at last the end of its title.</summary>
/// <param name="Title">What is done, for people.</param>
/// <param name="Bar">Cells of the bar; 0 for none.</param>
/// <param name="Filled">Cells of it that are full.</param>
/// <param name="Text">Count, rate, time left.</param>
internal sealed record ProgressLine(string Title, int Bar, int Filled, string Text)
{
    private const int WidestBar = 24, NarrowestBar = 8, ShortestTitle = 12;

    /// <summary>The richest line that is no wider than <paramref name="width"/>.</summary>
    public static ProgressLine Fit(string title, double done, double total, string unit, double rate, double seconds, int width)
    {
        double share = total > 0 ? Math.Clamp(done / total, 0, 1) : 0;
        if (total <= 0)
            return Plain(title, ProgressView.Clock(seconds), width);
        string left = rate > 0 ? ProgressView.Clock((total - done) / rate) + " left" : "";
        string percent = $"{(int)(share * 100)}%";
        string count = $"{ProgressView.Count(done)}/{ProgressView.Count(total)} {unit}";
        string speed = rate > 0 ? $"{ProgressView.Speed(rate)}/s" : "";
        foreach (string text in (ReadOnlySpan<string>)[Joined(percent, count, speed, left), Joined(percent, count, left), Joined(percent, left)])
        {
            int bar = Math.Min(WidestBar, width - title.Length - text.Length - 2);
            if (bar >= NarrowestBar)
                return new ProgressLine(title, bar, (int)(share * bar), text);
        }

        return Plain(title, Joined(percent, left), width);
    }

    /// <summary>A text of at most so many letters, its end left out where it has more.</summary>
    public static string Shortened(string text, int width) => text.Length <= width ? text : width < 2 ? "" : text[..(width - 1)] + "…";

    private static ProgressLine Plain(string title, string text, int width)
    {
        string shown = Shortened(title, Math.Max(width - text.Length - 1, Math.Min(ShortestTitle, width)));
        return new ProgressLine(shown, 0, 0, Shortened(text, width - shown.Length - 1));
    }

    private static string Joined(params string[] parts) => string.Join("  ", parts.Where(part => part.Length > 0));
}
