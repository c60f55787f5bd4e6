using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>
/// Everything in a folder that a job decides: all files as bytes, and of those that hold times (<c>run.json</c>, <c>report.html</c>,
/// <c>evaluation.md</c>) what is no time, no memory, and no count of the models that happened to be trained by the last process.
/// </summary>
internal static class Outcome
{
    private static readonly string[] Costs = ["peak_bytes", "speed_up", "retrained", "offline", "online", "seal"];
    private static readonly string[] CostColumns = ["offline s", "online s", "MiB"];

    /// <summary>By path.</summary>
    public static Dictionary<string, byte[]> Of(string folder)
    {
        Dictionary<string, byte[]> files = Ddm.FilesOf(folder);
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string? decided = Path.GetFileName(path) switch
            {
                "run.json" => WithoutCosts(File.ReadAllText(path)),
                "report.html" => OfReport(File.ReadAllText(path)),
                "evaluation.md" => string.Join('\n', File.ReadLines(path).TakeWhile(line => line.StartsWith('|')).Select(WithoutCostCells)),
                _ => null,
            };
            if (decided is not null)
                files.Add(Path.GetRelativePath(folder, path), System.Text.Encoding.UTF8.GetBytes(decided));
        }

        return files;
    }

    /// <summary>The files that differ, are missing or are too many; empty where both folders hold the same.</summary>
    public static IReadOnlyList<string> Differences(Dictionary<string, byte[]> expected, Dictionary<string, byte[]> found)
        => [.. expected.Keys.Union(found.Keys).Order(StringComparer.Ordinal)
            .Where(name => !(expected.TryGetValue(name, out byte[]? one) && found.TryGetValue(name, out byte[]? other)
                && one.AsSpan().SequenceEqual(other)))];

    private static string OfReport(string html)
    {
        const string Start = "<script id=\"data\" type=\"application/json\">", End = "</script>";
        int from = html.IndexOf(Start, StringComparison.Ordinal) + Start.Length, to = html.IndexOf(End, from, StringComparison.Ordinal);
        JsonObject data = JsonNode.Parse(html[from..to])!.AsObject();
        data.Remove("stages");
        data.Remove("figures");
        // Where the run is, for the command that forgets groups.
        data["summary"]!.AsObject().Remove("run");
        return html[..from] + WithoutCosts(data.ToJsonString()) + html[to..];
    }

    private static string WithoutCosts(string json)
    {
        JsonNode node = JsonNode.Parse(json)!;
        Strip(node);
        return node.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private static void Strip(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array)
                Strip(item);
        }
        else if (node is JsonObject fields)
        {
            foreach (string name in fields.Select(field => field.Key)
                .Where(name => Costs.Contains(name) || name.Contains("seconds", StringComparison.Ordinal)).ToList())
                fields.Remove(name);
            foreach ((_, JsonNode? value) in fields)
                Strip(value);
        }
    }

    // | method | figures … | offline s | online s | MiB |
    private static string WithoutCostCells(string line) => string.Join('|', line.Split('|')[..^(1 + CostColumns.Length)]);
}
