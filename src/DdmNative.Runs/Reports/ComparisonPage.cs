using System.Globalization;
using System.Text.Json;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs.Reports;

/// <summary>
/// Several runs side by side as one page that needs nothing else, in the report's style. The page and its script are
/// <c>comparison.html</c> and <c>comparison.js</c> beside this class; here are its data.
/// </summary>
public static class ComparisonPage
{
    // The data last, because only they could hold what looks like another placeholder.
    private static readonly (string Placeholder, string Resource)[] Parts = [("{{STYLE}}", "report.css"),
        ("{{OWN_STYLE}}", "comparison.css"), ("{{SCRIPT}}", "comparison.js")];

    // The default encoder, which also escapes what would end the script element.
    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The page of several runs, or of the methods of one.</summary>
    /// <param name="overview">The runs.</param>
    public static string Of(RunComparisonOverview overview)
    {
        ArgumentNullException.ThrowIfNull(overview);
        string page = Resource("comparison.html");
        foreach ((string placeholder, string resource) in Parts)
            page = page.Replace(placeholder, Resource(resource), StringComparison.Ordinal);
        return page.Replace("{{DATA}}", Data(overview), StringComparison.Ordinal);
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(ComparisonPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string Data(RunComparisonOverview overview)
    {
        IReadOnlyList<RunComparisonSide> sides = overview.Sides;
        string[] objectives = [.. sides.Select(side => side.Attribution?.Objectives ?? [])
            .Aggregate((common, of) => [.. common.Intersect(of)])];
        return JsonSerializer.Serialize(
            new
            {
                objectives = objectives.Select(name => new { name, harm_sign = Objective.Parse(name).HarmSign }),
                settings = overview.Settings,
                runs = sides.DistinctBy(side => side.Run).Select(Run),
                views = EffectViews.Names,
                sides = sides.Select(side => Side(side, objectives)),
                parts = sides.Select(first => sides.Select(second => RunComparisonEffects.PartsOf(first, second))),
            },
            Form);
    }

    private static object Run(RunComparisonSide side)
    {
        RunSummary summary = side.Record.Summary!;
        return new
        {
            path = side.Run,
            test_accuracy = summary.TestAccuracy,
            test_loss = summary.TestLoss,
            images = side.Images,
            groups = side.Groups,
            answer = summary.Answer,
            retrained_groups = summary.RetrainedGroups,
            ceiling = summary.Ceiling,
            methods = summary.Methods.Select(method => new
            {
                title = MethodRegistry.Title(method.Name), method.Correlations, seconds = method.OnlineSeconds,
                slope = method.Slope is double slope && double.IsFinite(slope) ? slope : (double?)null,
            }),
        };
    }

    private static object Side(RunComparisonSide side, string[] objectives)
    {
        AttributionFile? file = side.Attribution;
        return new
        {
            side.Name,
            side.Run,
            method = side.Method is null ? null : MethodRegistry.Title(side.Method),
            groups = file is null ? [] : Enumerable.Range(0, file.Groups).Select(g => new
            {
                name = file.Names?[g], @class = file.Classes[g], class_name = side.ClassName(file.Classes[g]), cluster = file.Clusters[g],
                size = file.Sizes[g],
            }),
            effects = file is null ? []
                : objectives.Select(objective => side.EffectsOn(objective).Select(Rounded)),
        };
    }

    /// <summary>To five digits: more are not read. Zero where there is no number, as JSON has no word for it.</summary>
    private static double Rounded(double value)
        => double.IsFinite(value) ? double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : 0;
}
