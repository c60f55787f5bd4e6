using System.Text.RegularExpressions;
using DdmNative.Cli.Output;
using Spectre.Console;
using Xunit;

namespace DdmNative.Cli.Tests;

public sealed class FittedTableTests
{
    private static readonly string[] Numbers = ["0.10", "-0.38", "0.85", "16.6 s", "17277.72"];

    [Fact]
    public void At_every_width_no_line_is_wider_and_no_cell_is_broken()
    {
        for (int width = 30; width <= 160; width++)
        {
            string[] lines = Written(width);
            Assert.All(lines, line => Assert.True(line.Length <= width, $"{line.Length} letters in {width}: {line}"));
            string[] rows = [.. lines.Where(line => line.StartsWith("  row", StringComparison.Ordinal))];
            Assert.Equal(2, rows.Length);
            Assert.All(rows, row => Assert.All(Regex.Split(row.Trim(), " {2,}").Skip(1), cell => Assert.Contains(cell, Numbers)));
        }
    }

    [Fact]
    public void With_room_enough_nothing_is_left_out()
    {
        string text = string.Join('\n', Written(140));

        Assert.Contains("row two, which has a rather long name", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Left out", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_least_missed_goes_first_and_is_named_below()
    {
        string text = string.Join('\n', Written(52));

        Assert.Contains("Left out (terminal too narrow): offline, within.", text, StringComparison.Ordinal);
        Assert.Contains("…", text, StringComparison.Ordinal);
        Assert.Contains("same", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_stand_with_their_points_below_each_other_and_texts_on_the_left()
    {
        (StringWriter output, IAnsiConsole console) = Open(80);
        var table = new FittedTable("A table", "group", new("class", 1), new("effect", 0), new("speed-up", 2));
        table.Add("0", "Shirt", "-0.0123", "14.6×");
        table.Add("1", "Bag", "+1.23", "1234×");
        table.Add("2", "Coat", "0", "–");
        table.Add("3", "Dress", "", "");

        table.Write(console);

        string[] rows = [.. output.ToString().Split('\n').Where(line => line.Length > 2 && char.IsAsciiDigit(line[2]))];
        Assert.Equal(4, rows.Length);
        Assert.Equal(rows[0].IndexOf('.', StringComparison.Ordinal), rows[1].IndexOf('.', StringComparison.Ordinal));
        Assert.Equal(rows[0].IndexOf('.', StringComparison.Ordinal) - 1, rows[2].LastIndexOf('0'));
        Assert.Single(rows.Select(row => row.IndexOfAny(['S', 'B', 'C', 'D'])).Distinct());
        Assert.Equal(rows[0].LastIndexOf('.'), rows[1].IndexOf('×', StringComparison.Ordinal));
    }

    private static (StringWriter Output, IAnsiConsole Console) Open(int width)
    {
        var output = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = width;
        return (output, console);
    }

    private static string[] Written(int width)
    {
        (StringWriter output, IAnsiConsole console) = Open(width);
        var table = new FittedTable("A table", "method", new("same", 0), new("total", 1), new("off", 2), new("offline", 3),
            new("within", 4));
        table.Add("row one", Numbers);
        table.Add("row two, which has a rather long name", Numbers);
        table.Write(console);
        return [.. output.ToString().Split('\n').Select(line => line.TrimEnd())];
    }
}
