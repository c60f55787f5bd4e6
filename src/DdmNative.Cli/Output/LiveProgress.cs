using DdmNative.Attribution.Formats;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>
/// For terminals: one line for the stage under way, with a bar, what is done, its rate and the time left, as much of it as the width takes; when the stage is finished its time stays.
/// The line is drawn by a clock, so that the work is not slowed down by being watched, and so that something moves where a stage has nothing to count.
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
                Close(title, "done already");
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
            // An interrupted stage leaves its line where it came to.
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
        // The last column stays free: a terminal that is written full to the edge may go on to the next line.
        ProgressLine line = ProgressLine.Fit(_title, _done, _total, _unit, _rate, Rate.Seconds, _console.Profile.Width - 3);
        // Without colours the two parts of the bar must differ in shape.
        bool colours = _console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        (char full, char empty) = !Unicode ? ('#', '-') : colours ? ('━', '━') : ('█', '░');
        _console.Profile.Out.Writer.Write('\r');
        _console.Markup($"[blue]{spinner[_frame % spinner.Length]}[/] {Markup.Escape(line.Title)} [blue]{new string(full, line.Filled)}[/][grey]{new string(empty, line.Bar - line.Filled)}[/]{(line.Bar > 0 ? " " : "")}{Markup.Escape(line.Text)}");
        _console.Profile.Out.Writer.Write("\u001b[K");
    }

    /// <summary>Back to the line's start, and the line erased.</summary>
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
