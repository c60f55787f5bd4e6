using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Cli.Output;

/// <summary>
/// A standard stream for people. It replaces every control character in what is printed, names from files included, so that a terminal
/// cannot interpret it. Output with colours or cursor movement uses <see cref="Terminal"/>.
/// </summary>
internal sealed class PrintableWriter(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => inner.Write(Printable.OfLines(value.ToString()));

    public override void Write(string? value) => inner.Write(value is null ? null : Printable.OfLines(value));

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value) => inner.WriteLine(value is null ? null : Printable.OfLines(value));

    public override void Flush() => inner.Flush();
}
