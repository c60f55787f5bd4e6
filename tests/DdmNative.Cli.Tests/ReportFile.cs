using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DdmNative.Cli.Tests;

/// <summary>A report with other data: what a small run has too few of.</summary>
internal static partial class ReportFile
{
    /// <summary>The same page after a change of its data.</summary>
    public static string Changed(string page, Action<JsonNode> change)
    {
        Match match = DataElement().Match(page);
        JsonNode data = JsonNode.Parse(match.Groups[1].Value)!;
        change(data);
        return string.Concat(page.AsSpan(0, match.Groups[1].Index), data.ToJsonString(),
            page.AsSpan(match.Groups[1].Index + match.Groups[1].Length));
    }

    /// <summary>
    /// Adds what the tiny run lacks, with long words: names of classes, the user's own names, each with a group in every class, effects
    /// that exceed their noise and effects that do not, misclassified images and doubtful labels.
    /// </summary>
    public static void Fill(JsonNode data)
    {
        JsonArray groups = data["groups"]!.AsArray();
        int rows = data["objectives"]!.AsArray().Count;
        data["class_names"] = new JsonArray("Ankle boot", "Shirt", "A class that has a rather long name");
        data["objective_names"] = Array(rows, o => o == 0 ? "test loss" : $"test loss of class {data["class_names"]![o - 1]}");
        foreach (JsonNode? group in groups)
            group!["name"] = $"annotator {group["cluster"]} <b>";
        data["totals"] = null;
        data["noise"] = Array(data["matrices"]!.AsArray().Count, a => Array(rows, o => Array(groups.Count, g =>
            (g % 2 == 0 ? 0.1 : 0.9) * Math.Abs(data["matrices"]![a]![o]![g]!.GetValue<double>()))));
        JsonNode summary = data["summary"]!;
        summary["answer"] = new JsonArray(
            "Without these 12 A class that has a rather long name images (group 4) the test loss would rise from 0.361 to about 0.449 "
                + "± 0.006 (+24 %); retraining says 0.456.", "No group harms the test loss measurably.");
        JsonNode sheet = data["samples"]!["pictures"]![0]!;
        JsonObject Sheet() => new()
        {
            ["width"] = data["samples"]!["width"]!.DeepClone(), ["height"] = data["samples"]!["height"]!.DeepClone(),
            ["columns"] = sheet["columns"]!.DeepClone(), ["picture"] = sheet["picture"]!.DeepClone(),
        };
        JsonObject images = Sheet();
        images["ids"] = Array(12, i => 100 + i);
        images["files"] = null;
        images["labels"] = Array(12, i => i % 3);
        images["groups"] = Array(12, i => i % 6);
        data["mistakes"] = new JsonObject
        {
            ["method"] = "grad-dot", ["total"] = 5, ["tests"] = Sheet(), ["images"] = images,
            ["list"] = Array(5, i => new JsonObject
            {
                ["test"] = 7 * i + 3, ["file"] = null, ["label"] = 2, ["predicted"] = i % 2, ["probability"] = 0.9 - 0.1 * i,
                ["made"] = new JsonArray(new JsonArray(i, -0.25), new JsonArray(i + 1, -0.125)),
                ["opposed"] = new JsonArray(new JsonArray(i + 6, 0.5)), ["groups"] = new JsonArray(new JsonArray(i, -0.75)),
            }),
        };
        data["suspects"] = new JsonObject
        {
            ["total"] = 72, ["score"] = "the loss of the label", ["images"] = Sheet(),
            ["list"] = Array(30, i => new JsonObject
            {
                ["sample"] = 11 * i, ["file"] = i % 2 == 0 ? $"train/Ankle boot/a_very_long_name_of_an_image, number {i}.png" : null,
                ["label"] = i % 3, ["group"] = i % 6, ["score"] = 3.5 - 0.1 * i, ["rank"] = i + 1,
                ["predicted"] = 1, ["probability"] = 0.75, ["loss"] = 2.5,
            }),
        };
    }

    private static JsonArray Array(int count, Func<int, JsonNode?> make) => [.. Enumerable.Range(0, count).Select(make)];

    [GeneratedRegex("""<script id="data" type="application/json">(.*?)</script>""", RegexOptions.Singleline)]
    private static partial Regex DataElement();
}
