using System.Globalization;
using System.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>How a stage's loss or distance went: a csv with <c>step,value</c>.</summary>
internal static class CurveFile
{
    /// <summary>Writes value <c>i</c> at step <c>steps[i]</c>.</summary>
    public static void Write(string path, string value, IEnumerable<(int Step, double Value)> points)
    {
        var text = new StringBuilder().Append("step,").Append(value).Append('\n');
        foreach ((int step, double y) in points)
            text.Append(CultureInfo.InvariantCulture, $"{step},{y:R}\n");
        AtomicFile.WriteText(path, text.ToString());
    }

    /// <summary>The mean distance over all groups at every logged step; waves, in the order of their groups, never change it.</summary>
    public static IEnumerable<(int Step, double Value)> MeanDistances(IReadOnlyList<MatchingProgress> log)
        => log.GroupBy(entry => entry.Step).OrderBy(step => step.Key)
            .Select(step => (step.Key, step.OrderBy(entry => entry.FirstGroup).SelectMany(entry => entry.Distances).Average(distance => (double)distance)));

    /// <exception cref="BadInputException">The file is not one that <see cref="Write"/> wrote.</exception>
    public static (string Value, IReadOnlyList<(int Step, double Value)> Points) Read(string path)
    {
        string[] lines = Encoding.UTF8.GetString(InputFile.ReadAll(path)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var points = new List<(int, double)>();
        for (int i = 1; i < lines.Length; i++)
            points.Add(lines[i].Split(',') is [string step, string y]
                && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int at) && double.TryParse(y, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                ? (at, value)
                : throw new BadInputException(path, $"line {i + 1}", lines[i], "a step, a comma and a number", "Remove the file: the run makes it again."));
        return (lines.Length > 0 ? lines[0][(lines[0].IndexOf(',') + 1)..] : "", points);
    }
}
