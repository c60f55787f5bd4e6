using System.Globalization;
using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;
using DdmNative.Runs.Summaries;

namespace DdmNative.Runs.Reports;

/// <summary>The data of a report, as JSON: everything that its scripts show.</summary>
internal static class ReportData
{
    // Points drawn of a curve; more cannot be told apart on a screen.
    private const int CurvePoints = 600;

    private const string Article = "the ";

    // The default encoder, which also escapes what would end the script element.
    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static string Of(RunFolder run, RunInputs inputs, RunSummary summary)
    {
        bool isValidated = summary.RetrainedGroups is not null && run.Holds(ValidationFile.Name);
        var shown = ShownEffects.Read(run.Folder, isValidated);
        Job job = run.Record!.Job;
        bool single = job.Attribution.Granularity == Granularity.Sample;
        GroupTable groups = Granularity.PartsOf(single
            ? Granularity.Group : job.Attribution.Granularity, GroupStage.Read(run, inputs), inputs.Train.Labels);
        var effects = new ReportEffects(shown, groups, single);
        int lead = Math.Max(0, summary.Methods.ToList().FindIndex(method => method.Name == summary.Lead));
        return JsonSerializer.Serialize(
            new Dictionary<string, object?>
            {
                ["source"] = inputs.Train.Name,
                ["test_source"] = inputs.Test.Name,
                ["subtitle"] = Subtitle(job, inputs, groups),
                ["granularity"] = job.Attribution.Granularity,
                ["summary"] = JsonSerializer.SerializeToElement(summary, Form),
                ["figures"] = Figures(summary, lead),
                ["convention"] = summary.Convention,
                ["warnings"] = summary.Methods.SelectMany(
                    method => method.Warnings.Select(warning => $"{MethodRegistry.Title(method.Name)}: {warning}")),
                ["objectives"] = shown.File.Objectives,
                ["objective_names"] = shown.File.Objectives
                    .Select(name => ObjectivePhrase.Of(Objective.Parse(name), inputs.Train.ClassNames)[Article.Length..]),
                ["harm_signs"] = shown.File.Objectives.Select(name => Objective.Parse(name).HarmSign),
                ["class_names"] = inputs.Train.ClassNames,
                ["groups"] = Enumerable.Range(0, groups.Count)
                    .Select(g => new { name = groups.Names?[g], @class = groups.ClassOf[g],
                        cluster = groups.ClusterOf[g], size = groups.Sizes[g] }),
                ["matrices"] = effects.Matrices(),
                ["noise"] = effects.Noise(),
                ["exact"] = effects.Exact(),
                ["exact_noise"] = effects.ExactNoise(),
                ["totals"] = effects.Totals(),
                ["samples"] = SampleEffects.Read(run, inputs.Train.Count, shown.File) is SampleEffects samples
                    ? Samples(samples, single ? null : GroupFit.Of(samples, shown.Matrices[lead], groups), inputs, groups) : null,
                ["mistakes"] = ReportMistakes.Read(run, inputs, groups),
                ["suspects"] = ReportSuspects.Read(run, inputs, groups),
                ["methods"] = summary.Methods.Select(method => new
                {
                    method.Name, title = MethodRegistry.Title(method.Name), offline = method.OfflineSeconds, online = method.OnlineSeconds,
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

    private static object Samples(SampleEffects effects, GroupFit? fit, RunInputs inputs, GroupTable groups)
    {
        double scale = fit?.Scale ?? 1;
        var samples = new ReportSamples(inputs.Train, inputs.Normalization, inputs.Pixels, groups, effects);
        return new
        {
            method = MethodRegistry.Title(effects.Method), total = inputs.Train.Count, scale = fit?.Scale, correlation = fit?.Correlation,
            samples.Width, samples.Height,
            ids = samples.Kept.Select(n => inputs.Train.SourceIndices[n]),
            files = inputs.Train.SourceFiles is null ? null : samples.Kept.Select(inputs.Train.FileOf),
            groups = samples.Kept.Select(n => groups.GroupOf[n]), classes = samples.Kept.Select(n => inputs.Train.Labels[n]),
            effects = effects.Rows.Select(row => row is null ? null : samples.Kept.Select(n => ReportEffects.Rounded(scale * row[n]))),
            helpful = samples.MostHelpful, harmful = samples.MostHarmful,
            pictures = (inputs.Train.IsFeatures ? [] : samples.Pictures())
                .Select(entry => new { entry.From, entry.Columns, entry.Picture }),
        };
    }

    private static IEnumerable<string[]> Figures(RunSummary summary, int lead)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        if (summary.TestAccuracy is double accuracy)
            yield return [(100 * accuracy).ToString("0.0", plain) + " %", "test accuracy"];
        MethodSummary method = summary.Methods[lead];
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

    private static object Images(RunFolder run, RunInputs inputs, GroupTable groups)
    {
        if (inputs.Train.IsFeatures)
            return new { width = 0, height = 0, synset = 0, real = 0, classes = Array.Empty<object>() };
        var images = new ReportImages(inputs.Train, inputs.Normalization, inputs.Pixels, groups, run.Holds(SynsetStage.FileName)
            ? SynsetFile.Read(run.PathOf(SynsetStage.FileName)) : null);
        return new
        {
            images.Width, images.Height, synset = images.SynsetImages, real = images.RealImages,
            classes = images.Classes().Select(entry => new
            {
                @class = entry.Class, entry.Groups, entry.Picture,
                ids = entry.Groups.Select(g => images.RealOf(g).Select(n => inputs.Train.SourceIndices[n])),
                files = inputs.Train.SourceFiles is null ? null : entry.Groups.Select(g => images.RealOf(g).Select(inputs.Train.FileOf)),
            }),
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
            .Select(chunk => new[] { chunk[^1].Step, ReportEffects.Rounded(chunk.Average(point => point.Value)) }) };
    }
}
