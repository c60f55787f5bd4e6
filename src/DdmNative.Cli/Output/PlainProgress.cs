using System.Diagnostics;

namespace DdmNative.Cli.Output;

/// <summary>For logs and pipes: a line per stage, and one every few seconds while it lasts.</summary>
internal sealed class PlainProgress(TextWriter output) : ProgressView
{
    private const double SecondsBetweenLines = 5;

    private readonly Stopwatch _stage = new();
    private double _lastLine;

    public override void Stage(string stage, string title, bool isDone)
    {
        output.WriteLine(isDone ? $"{stage}: done already" : $"{stage}: {title} …");
        _stage.Restart();
        _lastLine = 0;
    }

    public override void Progress(double done, double total, string unit)
    {
        double seconds = _stage.Elapsed.TotalSeconds;
        if (seconds - _lastLine < SecondsBetweenLines || done >= total)
            return;
        _lastLine = seconds;
        output.WriteLine("  " + Describe(done, total, unit, seconds));
    }

    public override void Finished(string stage, double seconds) => output.WriteLine($"{stage}: {Clock(seconds)}");

    public override void Note(string message) => output.WriteLine(message);
}
