using System.Text.Json;
using System.Text.Json.Nodes;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Shards;

/// <summary>A difference between two jobs.</summary>
/// <param name="Field">The field's full path: <c>$.job.training.epochs</c>.</param>
/// <param name="First">The first job's value.</param>
/// <param name="Second">The second job's value.</param>
internal sealed record JobDifference(string Field, string First, string Second)
{
    /// <summary>
    /// The first difference that affects a result; null if there is none. Locations of inputs are ignored: their contents are compared by
    /// hash.
    /// </summary>
    public static JobDifference? Between(Job first, Job second) => Between("$.job", Tree(first), Tree(second));

    private static JsonNode? Tree(Job job)
        => JsonSerializer.SerializeToNode(InputPlaces.None(job), JobFile.Options);

    private static JobDifference? Between(string field, JsonNode? first, JsonNode? second)
    {
        if (JsonNode.DeepEquals(first, second))
            return null;
        return first is JsonObject a && second is JsonObject b
            ? a.Select(entry => Between($"{field}.{entry.Key}", entry.Value, b[entry.Key])).First(difference => difference is not null)
            : new JobDifference(field, Text(first), Text(second));
    }

    private static string Text(JsonNode? value) => value?.ToJsonString() ?? "null";
}
