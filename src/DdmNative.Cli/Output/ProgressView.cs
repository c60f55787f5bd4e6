using System.Globalization;
using DdmNative.Runs;

namespace DdmNative.Cli.Output;

/// <summary>Reports a run's progress on standard error, to the user or to a machine.</summary>
internal abstract class ProgressView : IRunListener, IDisposable
{
    /// <summary>The time between two progress lines of a stage in a log.</summary>
    protected const double SecondsBetweenLines = 5;

    /// <summary>
    /// Creates the view: JSON objects if requested, a live line on a terminal that can redraw one, otherwise plain lines.
    /// </summary>
    public static ProgressView For(LogSettings log)
        => log.Json ? new JsonLog(Console.Error, log.Level)
        : log.Level >= LogLevel.Info && Terminal.CanRedraw ? new LiveProgress(log.Level)
        : new PlainProgress(Console.Error, log.Level);

    /// <summary>The stage's speed.</summary>
    protected WorkRate Rate { get; } = new();

    public abstract void Stage(string stage, string title, bool isDone);

    public abstract void Progress(double done, double total, string unit);

    public abstract void Finished(string stage, double seconds);

    /// <summary>A warning from the run.</summary>
    public void Note(string message) => Say(LogLevel.Warning, "note", message);

    /// <summary>Any other message.</summary>
    /// <param name="level">The importance of the message.</param>
    /// <param name="what">The event's name, for machines.</param>
    /// <param name="message">The message for people.</param>
    /// <param name="fields">The same in parts, for machines; names in snake_case.</param>
    public abstract void Say(LogLevel level, string what, string message, params IReadOnlyList<(string Name, object? Value)> fields);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Formats a duration: 83 s as 1:23.</summary>
    internal static string Clock(double seconds)
    {
        if (seconds < 9.95)
            return seconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
        if (seconds < 59.5)
            return seconds.ToString("0", CultureInfo.InvariantCulture) + " s";
        var span = TimeSpan.FromSeconds(Math.Min(Math.Round(seconds), 1e9));
        return span.TotalHours >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}")
            : span.ToString(@"m\:ss", CultureInfo.InvariantCulture) + " min";
    }

    /// <summary>"120 of 504 steps, 61 steps/s, 6.3 s left".</summary>
    protected static string Describe(double done, double total, string unit, double rate)
        => $"{Count(done)} of {Count(total)} {unit}" + (rate > 0 ? $", {Speed(rate)} {unit}/s, {Clock((total - done) / rate)} left" : "");

    /// <summary>Formats a count: an integer, except for small fractional counts.</summary>
    internal static string Count(double value)
        => value.ToString(value < 100 && value != Math.Floor(value) ? "0.0" : "0", CultureInfo.InvariantCulture);

    internal static string Speed(double rate)
        => rate.ToString(rate >= 99.5 ? "0" : rate >= 9.95 ? "0.#" : "0.##", CultureInfo.InvariantCulture);
}
