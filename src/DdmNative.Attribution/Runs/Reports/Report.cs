using System.Globalization;
using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Runs.Stages;

namespace DdmNative.Attribution.Runs.Reports;

/// <summary><c>report.html</c>: one file that needs nothing else, for light and dark screens. The page is <c>report.html</c> beside this class; here are its data.</summary>
internal static class Report
{
    private const string FileName = "report.html", Template = "DdmNative.Attribution.Runs.Reports.report.html", Placeholder = "{{DATA}}";

    // The default encoder, which also escapes what would end the script element.
    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly JsonSerializerOptions CamelForm = new(Form) { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Writes the report of a run whose attribution is finished.</summary>
    public static void Write(RunFolder run, RunInputs inputs, RunSummary summary)
    {
        using Stream template = typeof(Report).Assembly.GetManifestResourceStream(Template)!;
        using var reader = new StreamReader(template);
        AtomicFile.WriteText(run.PathOf(FileName), reader.ReadToEnd().Replace(Placeholder, Data(run, inputs, summary), StringComparison.Ordinal));
    }

    private static string Data(RunFolder run, RunInputs inputs, RunSummary summary)
    {
        NpzContents attribution = Npz.Read(run.PathOf(AttributeStage.NpzFile));
        string[] objectives = attribution.Elements<string>("objectives");
        GroupTable groups = GroupStage.Read(run, inputs);
        double[] all = attribution.Elements<double>("matrices");
        return JsonSerializer.Serialize(
            new Dictionary<string, object?>
            {
                ["subtitle"] = Subtitle(run.Record!.Job, inputs, groups),
                ["figures"] = Figures(summary),
                ["convention"] = summary.Convention,
                ["objectives"] = objectives,
                ["groups"] = Enumerable.Range(0, groups.Count).Select(g => new { name = groups.Names?[g], @class = groups.ClassOf[g], cluster = groups.ClusterOf[g], size = groups.Sizes[g] }),
                ["matrices"] = all.Chunk(objectives.Length * groups.Count).Select(matrix => matrix.Chunk(groups.Count)),
                ["exact"] = Exact(run, summary, objectives.Length, groups.Count),
                ["methods"] = summary.Methods.Select(method => new
                {
                    title = AttributionMethods.Title(method.Name), offline = method.OfflineSeconds, online = method.OnlineSeconds, speed_up = method.SpeedUp, correlations = method.Correlations,
                }),
                ["compared"] = summary.Methods.Any(method => method.Correlations.Count > 0),
                ["ceiling"] = summary.Ceiling,
                ["most_helpful"] = summary.MostHelpful,
                ["most_harmful"] = summary.MostHarmful,
                ["synset"] = JsonSerializer.SerializeToElement(Synset(run, inputs, groups.Count), CamelForm),
                ["settings"] = new { run.Record.Job, run.Record.Data, run.Record.Version, run.Record.Runtime, run.Record.Device, summary.Seconds },
            },
            Form);
    }

    private static string Subtitle(Job job, RunInputs inputs, GroupTable groups)
        => string.Create(CultureInfo.InvariantCulture,
            $"{inputs.Train.Name}: {inputs.Train.Count} training images in {groups.Count} groups, {inputs.Test.Count} test images; {job.Network.Architecture} of width {job.Network.Width} and depth {job.Network.Depth}, seed {job.Seed}.");

    private static IEnumerable<string[]> Figures(RunSummary summary)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        if (summary.TestAccuracy is double accuracy)
            yield return [(100 * accuracy).ToString("0.0", plain) + " %", "test accuracy"];
        MethodSummary method = summary.Methods[0];
        if (method.Correlations.TryGetValue("same", out double same))
            yield return [same.ToString("0.00", plain), $"correlation with exact retraining, own class ({method.Name})"];
        if (method.Correlations.TryGetValue("total", out double total))
            yield return [total.ToString("0.00", plain), $"the same, total loss ({method.Name})"];
        yield return [method.OnlineSeconds.ToString("0.00", plain) + " s", $"all groups' effects ({method.Name})"];
        if (method.SpeedUp is double speedUp)
            yield return [speedUp.ToString("0", plain) + "×", "faster than exact retraining of all groups"];
        if (summary.RetrainingSeconds is double retraining)
            yield return [retraining.ToString("0.0", plain) + " s", "one exact retraining, run together"];
    }

    /// <summary>[O, G] with null for groups that were not retrained without; null where none was.</summary>
    private static double?[][]? Exact(RunFolder run, RunSummary summary, int rows, int columns)
    {
        if (summary.RetrainedGroups is null || !File.Exists(run.PathOf(ValidateStage.NpzFile)))
            return null;
        NpzContents validation = Npz.Read(run.PathOf(ValidateStage.NpzFile));
        int[] groups = validation.Elements<int>("groups");
        double[] exact = validation.Elements<double>("exact");
        if (exact.Length != rows * groups.Length)
            return null;
        var matrix = new double?[rows][];
        for (int o = 0; o < rows; o++)
        {
            matrix[o] = new double?[columns];
            for (int i = 0; i < groups.Length; i++)
                matrix[o][groups[i]] = exact[o * groups.Length + i];
        }

        return matrix;
    }

    private static object? Synset(RunFolder run, RunInputs inputs, int groups)
    {
        string path = run.PathOf(SynsetStage.PictureFile);
        return File.Exists(path)
            ? new { image = "data:image/png;base64," + Convert.ToBase64String(File.ReadAllBytes(path)), inputs.Train.Width, inputs.Train.Height, TotalWidth = groups * (inputs.Train.Width + 1) + 1 }
            : null;
    }
}
