using System.Globalization;
using DdmNative.Attribution.Runs;

namespace DdmNative.Cli.Output;

/// <summary>What the user sees of a run while it runs, all of it on standard error.</summary>
internal abstract class ProgressView : IRunListener, IDisposable
{
    /// <summary>A live line on a terminal, plain lines elsewhere, nothing where that is asked for.</summary>
    public static ProgressView For(bool quiet)
        => quiet ? new SilentProgress() : Console.IsErrorRedirected ? new PlainProgress(Console.Error) : new LiveProgress();

    public abstract void Stage(string stage, string title, bool isDone);

    public abstract void Progress(double done, double total, string unit);

    public abstract void Finished(string stage, double seconds);

    public abstract void Note(string message);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>83 s as 1:23, for what is left and what it took.</summary>
    protected static string Clock(double seconds)
    {
        if (seconds < 10)
            return seconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
        if (seconds < 60)
            return seconds.ToString("0", CultureInfo.InvariantCulture) + " s";
        var span = TimeSpan.FromSeconds(seconds);
        return span.TotalHours >= 1 ? span.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture) : span.ToString(@"m\:ss", CultureInfo.InvariantCulture) + " min";
    }

    /// <summary>"120 of 504 steps, 61 steps/s, 6.3 s left".</summary>
    protected static string Describe(double done, double total, string unit, double seconds)
    {
        double rate = seconds > 0 ? done / seconds : 0;
        string left = rate > 0 ? ", " + Clock((total - done) / rate) + " left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Count(done)} of {Count(total)} {unit}, {rate:0.##} {unit}/s{left}");
    }

    private static string Count(double value) => value.ToString(value < 100 && value != Math.Floor(value) ? "0.0" : "0", CultureInfo.InvariantCulture);
}
