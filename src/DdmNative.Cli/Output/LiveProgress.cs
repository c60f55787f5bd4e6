using DdmNative.Attribution.Formats;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>
/// Progress on a terminal: one line for the current stage, with a bar, what is done, the rate and the time left, as far as they fit the
/// width. When the stage is finished, its time remains on the screen. A timer draws the line, so that drawing does not slow the work, and
/// something moves even if a stage has nothing to count.
/// </summary>
internal sealed class LiveProgress : ProgressView
{
    private const int MillisecondsBetweenFrames = 100;
    private const string UnicodeSpinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", PlainSpinner = "-\\|/";

    private readonly IAnsiConsole _console = Terminal.ErrorConsole();
    private readonly Lock _drawing = new();
    private readonly Timer _clock;
    private readonly LogLevel _level;
    private string _title = "", _unit = "";
    private double _done, _total, _rate;
    private int _frame;
    private bool _isOpen;

    public LiveProgress(LogLevel level)
    {
        _level = level;
        _clock = new Timer(_ => Tick(), null, MillisecondsBetweenFrames, MillisecondsBetweenFrames);
    }

    private bool Unicode => _console.Profile.Capabilities.Unicode;

    public override void Stage(string stage, string title, bool isDone)
    {
        lock (_drawing)
        {
            Clear();
            (_title, _unit, _done, _total, _rate) = (title, "", 0, 0, 0);
            Rate.Begin();
            if (isDone)
            {
                Close(title, "already done");
                return;
            }

            _isOpen = true;
            Draw();
        }
    }

    public override void Progress(double done, double total, string unit)
    {
        lock (_drawing)
            (_done, _total, _unit, _rate) = (done, total, unit, Rate.At(done));
    }

    public override void Finished(string stage, double seconds)
    {
        lock (_drawing)
        {
            Clear();
            Close(_title, Clock(seconds));
        }
    }

    public override void Say(LogLevel of, string what, string message, params IReadOnlyList<(string Name, object? Value)> fields)
    {
        if (of > _level)
            return;
        lock (_drawing)
        {
            Clear();
            message = Printable.Of(message);
            _console.MarkupLineInterpolated(of == LogLevel.Warning ? (FormattableString)$"[yellow]{message}[/]" : $"[grey]{message}[/]");
            if (_isOpen)
                Draw();
        }
    }

    public override void Dispose()
    {
        _clock.Dispose();
        lock (_drawing)
        {
            // The line of an interrupted stage remains on the screen.
            if (_isOpen)
                _console.WriteLine();
            _isOpen = false;
        }

        base.Dispose();
    }

    private void Tick()
    {
        lock (_drawing)
        {
            _frame++;
            if (_isOpen)
                Draw();
        }
    }

    private void Draw()
    {
        string spinner = Unicode ? UnicodeSpinner : PlainSpinner;
        // Leave the last column free: some terminals wrap after a full line.
        ProgressLine line = ProgressLine.Fit(_title, _done, _total, _unit, _rate, Rate.Seconds, _console.Profile.Width - 3);
        // Without colours, the two parts of the bar need different characters.
        bool colours = _console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        (char full, char empty) = !Unicode ? ('#', '-') : colours ? ('━', '━') : ('█', '░');
        _console.Profile.Out.Writer.Write('\r');
        _console.Markup($"[blue]{spinner[_frame % spinner.Length]}[/] {Markup.Escape(line.Title)} "
            + $"[blue]{new string(full, line.Filled)}[/][grey]{new string(empty, line.Bar - line.Filled)}[/]"
            + $"{(line.Bar > 0 ? " " : "")}{Markup.Escape(line.Text)}");
        _console.Profile.Out.Writer.Write("\u001b[K");
    }

    /// <summary>Returns to the start of the line and erases it.</summary>
    private void Clear()
    {
        if (_isOpen)
            _console.Profile.Out.Writer.Write("\r\u001b[K");
    }

    private void Close(string title, string end)
    {
        string shown = ProgressLine.Shortened(title, _console.Profile.Width - 4 - end.Length);
        _console.MarkupLineInterpolated($"[green]{(Unicode ? '✓' : '+')}[/] {shown} [grey]{end}[/]");
        _isOpen = false;
    }
}
