using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs.Reports;

/// <summary>
/// <c>report.html</c>: one file that needs nothing else, for light and dark screens and for paper. The page, its style and its scripts are
/// in <c>Page</c>; <see cref="ReportData"/> has its data.
/// </summary>
internal static class Report
{
    public const string FileName = "report.html";

    /// <summary>The scripts, in their order: those that define words and pictures before those that use them at once.</summary>
    private static readonly string[] Scripts =
    [
        "words.js", "pictures.js", "answer.js", "columns.js", "heatmap.js", "charts.js", "lists.js", "groups.js", "mistakes.js",
        "suspects.js", "selection.js", "links.js", "start.js",
    ];

    // The data last, because only they could hold what looks like another placeholder.
    private static readonly (string Placeholder, string[] Resources)[] Parts =
        [("{{STYLE}}", ["report.css"]), ("{{LIBRARY}}", ["echarts.common.min.js"]), ("{{SCRIPT}}", Scripts)];

    /// <summary>Writes the report of a run whose attribution is finished.</summary>
    public static void Write(RunFolder run, RunInputs inputs, RunSummary summary)
    {
        string page = Resource("report.html");
        foreach ((string placeholder, string[] resources) in Parts)
            page = page.Replace(placeholder, string.Join('\n', resources.Select(Resource)), StringComparison.Ordinal);
        AtomicFile.WriteText(run.PathOf(FileName), page.Replace("{{DATA}}", ReportData.Of(run, inputs, summary),
            StringComparison.Ordinal));
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Report).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
