using System.Diagnostics;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>For terminals: one line per stage with a bar that moves, replaced by its time when the stage is finished.</summary>
internal sealed class LiveProgress : ProgressView
{
    private const int WidestBar = 24;
    private const double SecondsBetweenFrames = 0.1;

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Stopwatch _stage = new();
    private double _lastFrame;
    private string _title = "";
    private bool _lineIsOpen;

    public override void Stage(string stage, string title, bool isDone)
    {
        CloseLine();
        _title = title;
        _stage.Restart();
        _lastFrame = double.NegativeInfinity;
        if (isDone)
            _console.MarkupLineInterpolated($"[green]✓[/] {title} [grey](done already)[/]");
        else
            Draw($"[blue]…[/] {Markup.Escape(title)}");
    }

    public override void Progress(double done, double total, string unit)
    {
        double seconds = _stage.Elapsed.TotalSeconds;
        if (seconds - _lastFrame < SecondsBetweenFrames)
            return;
        _lastFrame = seconds;
        string text = Describe(done, total, unit, seconds);

        // A line that wraps could not be drawn over again: the bar takes what room there is, and the text loses its end.
        int room = _console.Profile.Width - _title.Length - 5;
        int bar = Math.Clamp(room - text.Length - 1, 0, WidestBar);
        if (text.Length > room)
            text = text[..Math.Max(0, room)];
        int filled = (int)Math.Clamp(done / total * bar, 0, bar);
        Draw($"[blue]…[/] {Markup.Escape(_title)} [blue]{new string('━', filled)}[/][grey]{new string('━', bar - filled)}[/] {Markup.Escape(text)}");
    }

    public override void Finished(string stage, double seconds)
    {
        Draw($"[green]✓[/] {Markup.Escape(_title)} [grey]{Clock(seconds)}[/]");
        CloseLine();
    }

    public override void Note(string message)
    {
        CloseLine();
        _console.MarkupLineInterpolated($"[yellow]{message}[/]");
    }

    public override void Dispose()
    {
        CloseLine();
        base.Dispose();
    }

    /// <summary>Back to the line's start, the new text, and the rest of the old one erased.</summary>
    private void Draw(string markup)
    {
        _console.Profile.Out.Writer.Write('\r');
        _console.Markup(markup);
        _console.Profile.Out.Writer.Write("\u001b[K");
        _lineIsOpen = true;
    }

    private void CloseLine()
    {
        if (_lineIsOpen)
            _console.WriteLine();
        _lineIsOpen = false;
    }
}
