using System.Text;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>
/// What standard output and standard error are connected to, and the way to them for what a terminal is to obey: colours, and a line that
/// is drawn over.
/// </summary>
internal static class Terminal
{
    /// <summary>
    /// Standard output as it is; all text from outside goes by <see cref="Console.Out"/>, which shows no control characters.
    /// </summary>
    public static TextWriter Out { get; private set; } = Console.Out;

    /// <summary>
    /// Whether a line on standard error can be drawn over again: a terminal, but neither a dumb one nor a build server's.
    /// </summary>
    public static bool CanRedraw
        => !Console.IsErrorRedirected
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb")
        && Environment.GetEnvironmentVariable("CI") is null or "" or "false" or "0";

    private static TextWriter Error { get; set; } = Console.Error;

    /// <summary>Makes both streams show no control characters of the texts that are printed there.</summary>
    /// <param name="output">Where standard output goes.</param>
    /// <param name="error">Where standard error goes.</param>
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
