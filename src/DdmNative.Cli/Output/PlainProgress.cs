using DdmNative.Attribution.Formats;

namespace DdmNative.Cli.Output;

/// <summary>Progress for logs and pipes: a line per stage, and one every few seconds during a stage.</summary>
internal sealed class PlainProgress(TextWriter output, LogLevel level) : ProgressView
{
    private double _lastLine;

    public override void Stage(string stage, string title, bool isDone)
    {
        Line(isDone ? $"{stage}: already done" : $"{stage}: {title} …");
        Rate.Begin();
        _lastLine = 0;
    }

    public override void Progress(double done, double total, string unit)
    {
        double rate = Rate.At(done);
        if (Rate.Seconds - _lastLine < SecondsBetweenLines || done >= total)
            return;
        _lastLine = Rate.Seconds;
        Line("  " + Describe(done, total, unit, rate));
    }

    public override void Finished(string stage, double seconds) => Line($"{stage}: {Clock(seconds)}");

    public override void Say(LogLevel of, string what, string message, params IReadOnlyList<(string Name, object? Value)> fields)
    {
        if (of <= level)
            output.WriteLine(Printable.Of(message));
    }

    private void Line(string text)
    {
        if (level >= LogLevel.Info)
            output.WriteLine(text);
    }
}
