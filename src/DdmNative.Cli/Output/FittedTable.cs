using DdmNative.Attribution.Formats;
using Spectre.Console;

namespace DdmNative.Cli.Output;

/// <summary>A column of a <see cref="FittedTable"/>.</summary>
/// <param name="Heading">The heading.</param>
/// <param name="Rank">The order of removal if the width is too small: the highest rank is removed first.</param>
internal sealed record FittedColumn(string Heading, int Rank);

/// <summary>
/// A table that is no wider than its console. Numbers are aligned at their decimal points, texts on the left. Columns that do not fit are
/// left out and named below the table. If that is not enough, the cells of the first column, which names the rows, are shortened. No other
/// cell is shortened, because part of a number would be misleading.
/// </summary>
internal sealed class FittedTable(string title, string heading, params IReadOnlyList<FittedColumn> columns)
{
    /// <summary>The widths that the border adds to each column and to the table.</summary>
    private const int BorderOfColumn = 3, BorderOfTable = 1, ShortestFirst = 8;

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row: its name, and a cell for each column.</summary>
    public void Add(string first, params IEnumerable<string> cells) => _rows.Add([Printable.Of(first), .. cells.Select(Printable.Of)]);

    public void Write(IAnsiConsole console)
    {
        bool[] isNumber = [.. columns.Select((_, i) => _rows.All(row => IsNumber(row[i + 1])))];
        string[][] cells = [.. columns.Select((_, i) => isNumber[i] ? Aligned(i + 1) : [.. _rows.Select(row => row[i + 1])])];
        int[] widths = [.. columns.Select((column, i) => Widest(column.Heading, cells[i]))];
        int first = Widest(heading, _rows.Select(row => row[0]));
        List<int> shown = [.. Enumerable.Range(0, columns.Count)];
        int Room() => console.Profile.Width - BorderOfTable - BorderOfColumn - shown.Sum(i => widths[i] + BorderOfColumn);
        // Shorten the names before leaving out a column, as long as the names remain recognisable.
        int least = Math.Min(first, Math.Max(ShortestFirst, console.Profile.Width / 3));
        while (Room() < least && shown.Count > 1)
            shown.Remove(shown.MaxBy(i => columns[i].Rank));
        int room = Math.Max(ShortestFirst, Math.Min(first, Room()));
        Table table = new Table().Border(TableBorder.Simple).Title(Markup.Escape(title))
            .AddColumn(new TableColumn(Markup.Escape(heading)).NoWrap());
        foreach (int i in shown)
            table.AddColumn(new TableColumn(Markup.Escape(columns[i].Heading)) { Alignment = isNumber[i] ? Justify.Right : Justify.Left }
                .NoWrap());
        for (int row = 0; row < _rows.Count; row++)
            table.AddRow([Markup.Escape(ProgressLine.Shortened(_rows[row][0], room)), .. shown.Select(i => Markup.Escape(cells[i][row]))]);
        console.Write(table);
        if (shown.Count < columns.Count)
            console.WriteLine($"Left out (terminal too narrow): "
                + $"{string.Join(", ", columns.Where((_, i) => !shown.Contains(i)).Select(column => column.Heading))}.");
    }

    /// <summary>Whether a cell is a number, perhaps with a unit, or empty.</summary>
    private static bool IsNumber(string cell)
        => cell is "" or SignificantDigits.None || char.IsAsciiDigit(cell.TrimStart('+', '-', '±', ' ').FirstOrDefault());

    /// <summary>A column's cells, filled on the right so that the decimal points are below each other.</summary>
    private string[] Aligned(int column)
    {
        int[] tails = [.. _rows.Select(row => TailOf(row[column]))];
        int longest = tails.DefaultIfEmpty().Max();
        return [.. _rows.Select((row, i) => row[column] + new string(' ', longest - tails[i]))];
    }

    /// <summary>The length of what follows a number's whole part.</summary>
    private static int TailOf(string cell)
    {
        int whole = 0;
        while (whole < cell.Length && (char.IsAsciiDigit(cell[whole]) || cell[whole] is '+' or '-' or '±' or ' '))
            whole++;
        return cell.Any(char.IsAsciiDigit) ? cell.Length - cell[..whole].TrimEnd().Length : 0;
    }

    private static int Widest(string of, IEnumerable<string> cells) => cells.Select(cell => cell.Length).Append(of.Length).Max();
}
