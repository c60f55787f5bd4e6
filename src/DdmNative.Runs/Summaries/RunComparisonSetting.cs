using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Summaries;

/// <summary>A setting that differs between runs.</summary>
/// <param name="Field">The field of the job, such as <c>training.epochs</c>, or what the run was made with.</param>
/// <param name="Values">Its value in each run, as in a job file.</param>
public sealed record RunComparisonSetting(string Field, IReadOnlyList<string> Values)
{
    private const string Missing = "–";

    // People read it: push+feature, not push\u002Bfeature.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The settings that are not the same in all runs, in the order of the job's fields.</summary>
    internal static IReadOnlyList<RunComparisonSetting> Of(IReadOnlyList<RunRecord> runs)
        =>
        [
            .. Differences("", [.. runs.Select(run => JsonSerializer.SerializeToNode(run.Job, JobFile.Options))]),
            .. ((RunComparisonSetting[])[
                new("version of ddm", [.. runs.Select(run => run.Version)]),
                new("device", [.. runs.Select(run => run.Device)]),
                new("data's SHA-256", [.. runs.Select(run => run.Data?.Sha256 ?? Missing)]),
            ]).Where(setting => setting.Values.Distinct().Count() > 1),
        ];

    /// <summary>Differences field by field, as deep as all runs have the fields; a list is one value.</summary>
    private static IEnumerable<RunComparisonSetting> Differences(string path, JsonNode?[] nodes)
    {
        if (nodes.All(node => node is JsonObject))
            return nodes.SelectMany(node => ((JsonObject)node!).Select(field => field.Key)).Distinct()
                .SelectMany(key => Differences(path.Length == 0 ? key : $"{path}.{key}", [.. nodes.Select(node => node![key])]));
        return nodes.All(node => JsonNode.DeepEquals(node, nodes[0])) ? [] : [new RunComparisonSetting(path, [.. nodes.Select(Text)])];
    }

    private static string Text(JsonNode? node)
        => node is JsonValue value && value.TryGetValue(out string? text) ? text : node?.ToJsonString(Plain) ?? "null";
}
