using System.Text;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>
/// Standard output and standard error: what they are connected to, and writers for output that a terminal interprets (colours, and a line
/// that is redrawn).
/// </summary>
internal static class Terminal
{
    /// <summary>
    /// Standard output without replacement of control characters. All external text is written to <see cref="Console.Out"/>, which replaces
    /// them.
    /// </summary>
    public static TextWriter Out { get; private set; } = Console.Out;

    /// <summary>Whether a line on standard error can be redrawn: it is a terminal, but not a dumb one, and not a build server's.</summary>
    public static bool CanRedraw
        => !Console.IsErrorRedirected
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb")
        && Environment.GetEnvironmentVariable("CI") is null or "" or "false" or "0";

    private static TextWriter Error { get; set; } = Console.Error;

    /// <summary>Makes both streams replace the control characters of the text that is printed.</summary>
    /// <param name="output">The writer for standard output.</param>
    /// <param name="error">The writer for standard error.</param>
    public static void Guard(TextWriter output, TextWriter error)
    {
        (Out, Error) = (output, error);
        Console.SetOut(new PrintableWriter(output));
        Console.SetError(new PrintableWriter(error));
    }

    /// <summary>A console with colours on standard output.</summary>
    public static IAnsiConsole OutputConsole() => ConsoleOn(new Stream(Out, !Console.IsOutputRedirected));

    /// <summary>A console with colours on standard error.</summary>
    public static IAnsiConsole ErrorConsole() => ConsoleOn(new Stream(Error, !Console.IsErrorRedirected));

    private static IAnsiConsole ConsoleOn(Stream stream)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = stream,
            Ansi = stream.IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = stream.IsTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        console.Pipeline.Attach(new PrintableHook());
        return console;
    }

    private sealed class Stream(TextWriter writer, bool isTerminal) : IAnsiConsoleOutput
    {
        private readonly AnsiConsoleOutput _measured = new(writer);

        public TextWriter Writer => writer;

        public bool IsTerminal => isTerminal;

        public int Width => _measured.Width;

        public int Height => _measured.Height;

        public void SetEncoding(Encoding encoding) => _measured.SetEncoding(encoding);
    }
}
