using System.Globalization;
using System.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;

namespace DdmNative.Runs.Stages;

/// <summary>The history of a stage's loss or distance: a csv with <c>step,value</c>.</summary>
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

    /// <summary>The mean distance over all groups at every logged step; it does not depend on the waves.</summary>
    public static IEnumerable<(int Step, double Value)> MeanDistances(IReadOnlyList<MatchingProgress> log)
        => log.GroupBy(entry => entry.Step).OrderBy(step => step.Key)
            .Select(step => (step.Key,
                step.OrderBy(entry => entry.FirstGroup).SelectMany(entry => entry.Distances).Average(distance => (double)distance)));

    /// <summary>Reads the points of a file that <see cref="Write"/> wrote.</summary>
    /// <exception cref="BadInputException">The file has another format, or is damaged.</exception>
    public static IReadOnlyList<(int Step, double Value)> Read(string path, string value)
    {
        using var rows = new CsvRows(path);
        rows.Require("step", value);
        var points = new List<(int, double)>();
        while (rows.Next())
            points.Add((rows.Number("step"), rows.Real(value)));
        return points;
    }
}
