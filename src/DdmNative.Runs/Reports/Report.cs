using DdmNative.Attribution.Objectives;
using System.Globalization;
using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs.Reports;

/// <summary>
/// <c>report.html</c>: one file that needs nothing else, for light and dark screens and for paper. The page, its style and its script are
/// <c>report.html</c>, <c>report.css</c> and <c>report.js</c> beside this class; here are its data.
/// </summary>
internal static class Report
{
    public const string FileName = "report.html";

    // Points drawn of a curve; more cannot be told apart on a screen.
    private const int CurvePoints = 600;

    // The data last, because only they could hold what looks like another placeholder.
    private static readonly (string Placeholder, string Resource)[] Parts = [("{{STYLE}}", "report.css"),
        ("{{LIBRARY}}", "echarts.common.min.js"), ("{{SCRIPT}}", "report.js")];

    // The default encoder, which also escapes what would end the script element.
    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Writes the report of a run whose attribution is finished.</summary>
    public static void Write(RunFolder run, RunInputs inputs, RunSummary summary)
    {
        string page = Resource("report.html");
        foreach ((string placeholder, string resource) in Parts)
            page = page.Replace(placeholder, Resource(resource), StringComparison.Ordinal);
        AtomicFile.WriteText(run.PathOf(FileName), page.Replace("{{DATA}}", Data(run, inputs, summary), StringComparison.Ordinal));
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Report).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string Data(RunFolder run, RunInputs inputs, RunSummary summary)
    {
        var attribution = AttributionFile.Read(run.PathOf(AttributionFile.Name));
        Job job = run.Record!.Job;
        bool single = job.Attribution.Granularity == Granularity.Sample;
        GroupTable groups = Granularity.PartsOf(single
            ? Granularity.Group : job.Attribution.Granularity, GroupStage.Read(run, inputs), inputs.Train.Labels);
        return JsonSerializer.Serialize(
            new Dictionary<string, object?>
            {
                ["subtitle"] = Subtitle(job, inputs, groups),
                ["figures"] = Figures(summary),
                ["convention"] = summary.Convention,
                ["warnings"] = summary.Methods.SelectMany(
                method => method.Warnings.Select(warning => $"{MethodRegistry.Title(method.Name)}: {warning}")),
                ["objectives"] = attribution.Objectives,
                ["harm_signs"] = attribution.Objectives.Select(name => Objective.Parse(name).HarmSign),
                ["class_names"] = inputs.Train.ClassNames,
                ["groups"] = Enumerable.Range(0, groups.Count)
                .Select(g => new { name = groups.Names?[g], @class = groups.ClassOf[g], cluster = groups.ClusterOf[g],
                    size = groups.Sizes[g] }),
                ["matrices"] = attribution.Matrices.Select(Rows)
                .Select(matrix => matrix.Select(row => (single ? SampleEffects.ByGroup(row, groups) : row).Select(Rounded))),
                ["samples"] = SampleEffects.Read(run, inputs.Train.Count, attribution) is SampleEffects effects
                ? Samples(effects, single ? null : GroupFit.Of(effects, attribution, groups), inputs, groups) : null,
                ["exact"] = Exact(run, summary, attribution),
                ["methods"] = summary.Methods.Select(method => new
                {
                    title = MethodRegistry.Title(method.Name), offline = method.OfflineSeconds, online = method.OnlineSeconds,
                    speed_up = method.SpeedUp, correlations = method.Correlations,
                }),
                ["compared"] = summary.Methods.Any(method => method.Correlations.Count > 0),
                ["ceiling"] = summary.Ceiling,
                ["images"] = Images(run, inputs, groups),
                ["curves"] = Curves(run, summary),
                ["stages"] = run.Record.Stages.Select(stage => new { stage.Name, stage.Seconds, peak_bytes = stage.PeakBytes }),
                ["versions"] = $"DdmNative {run.Record.Version}, {run.Record.Runtime}, on {run.Record.Device}. Data: SHA-256 "
                + $"{run.Record.Data!.Sha256}.",
                ["job"] = JsonSerializer.SerializeToElement(job, JobFile.Options),
            },
            Form);
    }

    private static string Subtitle(Job job, RunInputs inputs, GroupTable groups)
        => string.Create(CultureInfo.InvariantCulture,
            $"{inputs.Train.Name}: {inputs.Train.Count} training images in {groups.Count} groups, {inputs.Test.Count} test images; "
            + $"{inputs.Network.Options.Describe()}, seed {job.Seed}.");

    /// <summary>The effects of all parts by objective.</summary>
    private static IEnumerable<double[]> Rows(AttributionMatrix matrix) => matrix.Flatten().Chunk(matrix.Groups);

    private static object Samples(SampleEffects effects, GroupFit? fit, RunInputs inputs, GroupTable groups)
    {
        double scale = fit?.Scale ?? 1;
        var samples = new ReportSamples(inputs.Train, inputs.Normalization, inputs.Pixels, groups, effects);
        return new
        {
            method = MethodRegistry.Title(effects.Method), total = inputs.Train.Count, scale = fit?.Scale, correlation = fit?.Correlation,
            samples.Width, samples.Height,
            ids = samples.Kept.Select(n => inputs.Train.SourceIndices[n]), files = inputs.Train.SourceFiles is null
            ? null : samples.Kept.Select(inputs.Train.FileOf), groups = samples.Kept.Select(n => groups.GroupOf[n]),
            effects = effects.Rows.Select(row => row is null ? null : samples.Kept.Select(n => Rounded(scale * row[n]))),
            helpful = samples.MostHelpful, harmful = samples.MostHarmful,
            pictures = (inputs.Train.IsFeatures ? [] : samples.Pictures())
            .Select(entry => new { entry.From, entry.Columns, entry.Picture }),
        };
    }

    private static IEnumerable<string[]> Figures(RunSummary summary)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        if (summary.TestAccuracy is double accuracy)
            yield return [(100 * accuracy).ToString("0.0", plain) + " %", "test accuracy"];
        MethodSummary method = summary.Methods[0];
        if (method.Correlations.TryGetValue("same", out double same))
            yield return [FigureText.Of(same, "0.00"), $"correlation with exact retraining, own class ({method.Name})"];
        if (method.Correlations.TryGetValue("total", out double total))
            yield return [FigureText.Of(total, "0.00"), $"the same, total loss ({method.Name})"];
        yield return [method.OnlineSeconds.ToString("0.00", plain) + " s", $"all groups' effects ({method.Name})"];
        if (method.SpeedUp is double speedUp)
            yield return [speedUp.ToString(speedUp < 10 ? "0.0" : "0", plain) + "×", "faster than exact retraining of all groups"];
        if (summary.RetrainingSeconds is double retraining)
            yield return [retraining.ToString("0.0", plain) + " s", "one exact retraining, run together"];
    }

    /// <summary>[O, G] with null for groups that were not retrained without; null where none was.</summary>
    private static double?[][]? Exact(RunFolder run, RunSummary summary, AttributionFile attribution)
    {
        if (summary.RetrainedGroups is null || !run.Holds(ValidationFile.Name)
            || ValidationFile.Read(run.Folder, attribution) is not ValidationFile validation)
            return null;
        return [.. Enumerable.Range(0, attribution.Objectives.Count).Select(o =>
        {
            Dictionary<int, double> exact = validation.ByGroup(o);
            return (double?[])[.. Enumerable.Range(0, attribution.Groups)
                .Select(g => exact.TryGetValue(g, out double value) ? value : (double?)null)];
        })];
    }

    private static object Images(RunFolder run, RunInputs inputs, GroupTable groups)
    {
        if (inputs.Train.IsFeatures)
            return new { width = 0, height = 0, synset = 0, real = 0, classes = Array.Empty<object>() };
        var images = new ReportImages(inputs.Train, inputs.Normalization, inputs.Pixels, groups, run.Holds(SynsetStage.FileName)
            ? SynsetFile.Read(run.PathOf(SynsetStage.FileName)) : null);
        return new
        {
            images.Width, images.Height, synset = images.SynsetImages, real = images.RealImages,
            classes = images.Classes().Select(entry => new { @class = entry.Class, entry.Groups, entry.Picture }),
        };
    }

    private static IEnumerable<object> Curves(RunFolder run, RunSummary summary)
    {
        if (Curve(run, TrainStage.LossFile, "loss", "Training: loss of each batch") is object training)
            yield return training;
        foreach (SynsetRecipe recipe in summary.Methods.Select(method => run.Record!.Job.Matching.RecipeFor(method.Name))
            .OfType<SynsetRecipe>().DistinctBy(recipe => recipe.Name))
            if (Curve(run, DistillStage.DistancesOf(recipe), "distance",
                $"Matching of synset {recipe.Name}: mean gradient distance") is object matching)
                yield return matching;
    }

    /// <summary>A curve's points, several steps put together where there are many; null where the run has no such file.</summary>
    private static object? Curve(RunFolder run, string file, string value, string title)
    {
        if (!run.Holds(file))
            return null;
        IReadOnlyList<(int Step, double Value)> points = CurveFile.Read(run.PathOf(file), value);
        int together = (points.Count + CurvePoints - 1) / CurvePoints;
        return new { title, value,
            points = points.Chunk(Math.Max(1, together))
            .Select(chunk => new[] { chunk[^1].Step, Rounded(chunk.Average(point => point.Value)) }) };
    }

    /// <summary>
    /// To five digits: more are not read, and the file is half as long. Zero where there is no number, as JSON has no word for it.
    /// </summary>
    private static double Rounded(double value)
    {
        if (value == 0 || !double.IsFinite(value))
            return 0;
        return double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }
}
