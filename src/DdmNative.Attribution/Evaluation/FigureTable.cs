using System.Globalization;
using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// A table of figures with key columns; as CSV with all digits, and as Markdown with a few. A figure that does not exist is NaN and is left
/// empty.
/// </summary>
/// <param name="keys">The names of the key columns.</param>
/// <param name="figures">The names of the figures, each with its format in Markdown.</param>
public sealed class FigureTable(IReadOnlyList<string> keys, IReadOnlyList<(string Name, string Format)> figures)
{
    private readonly List<(string[] Keys, double[] Figures)> _rows = [];

    /// <summary>The names of the key columns.</summary>
    public IReadOnlyList<string> Keys => keys;

    /// <summary>The names of the figures.</summary>
    public IReadOnlyList<string> Figures { get; } = [.. figures.Select(figure => figure.Name)];

    /// <summary>The rows.</summary>
    public IReadOnlyList<(string[] Keys, double[] Figures)> Rows => _rows;

    /// <summary>Adds a row.</summary>
    /// <exception cref="ArgumentException">The number of keys or figures does not match the columns.</exception>
    public void Add(string[] of, params double[] values)
    {
        ArgumentNullException.ThrowIfNull(of);
        ArgumentNullException.ThrowIfNull(values);
        if (of.Length != keys.Count || values.Length != figures.Count)
            throw new ArgumentException(
                $"A row of {of.Length} keys and {values.Length} figures does not fit {keys.Count} and {figures.Count} columns.",
                nameof(values));
        _rows.Add((of, values));
    }

    /// <summary>Comma-separated, with a header.</summary>
    public string Csv()
    {
        var text = new StringBuilder();
        text.AppendJoin(',', keys.Concat(Figures).Select(Quoted)).Append('\n');
        foreach ((string[] of, double[] values) in _rows)
            text.AppendJoin(',', of.Select(Quoted)
                .Concat(values.Select(value => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture)))).Append('\n');
        return text.ToString();
    }

    /// <summary>A table in Markdown.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        text.Append("| ").AppendJoin(" | ", keys.Concat(Figures)).Append(" |\n|");
        text.Append(string.Concat(keys.Select(_ => "---|"))).Append(string.Concat(figures.Select(_ => "--:|"))).Append('\n');
        foreach ((string[] of, double[] values) in _rows)
            text.Append("| ").AppendJoin(" | ", of.Concat(values.Select(Shown))).Append(" |\n");
        return text.ToString();
    }

    /// <summary>A figure in its column's format; a dash if it does not exist.</summary>
    public string Shown(double value, int figure) => double.IsFinite(value) ? FigureText.Of(value, figures[figure].Format) : "–";

    private static string Quoted(string text)
        => text.AsSpan().ContainsAny(",\"\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
