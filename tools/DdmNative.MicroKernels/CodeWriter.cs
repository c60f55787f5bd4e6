using System.Text;

namespace DdmNative.MicroKernels;

/// <summary>Text with braces and indentation.</summary>
internal sealed class CodeWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;

    public void Line(string line = "")
        => _text.Append(' ', line.Length == 0 ? 0 : 4 * _depth).Append(line).Append('\n');

    public void Lines(IEnumerable<string> lines)
    {
        foreach (string line in lines)
            Line(line);
    }

    /// <summary>Writes a heading, if there is one, and its body between braces.</summary>
    public void Block(string heading, Action body)
    {
        if (heading.Length > 0)
            Line(heading);
        Line("{");
        _depth++;
        body();
        _depth--;
        Line("}");
    }

    public override string ToString() => _text.ToString();
}
