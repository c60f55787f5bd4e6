using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// Jobs as JSON: names in snake_case, comments and trailing commas allowed, nothing unknown, nothing twice, nothing out of range.
/// </summary>
public static class JobFile
{
    /// <summary>How every JSON file of a run is written and read.</summary>
    internal static JsonSerializerOptions Options { get; } = new(JsonSettings.Strict)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AllowSchemaName } },
    };

    /// <summary>Reads and checks a job.</summary>
    /// <exception cref="BadInputException">The file is missing, not JSON, or a field is unknown, repeated, missing, of the wrong type or out of range; field and line are named.</exception>
    public static Job Read(string path) => Read(path, out _);

    /// <summary>Reads and checks a job, and says where it says what.</summary>
    /// <exception cref="BadInputException">As above.</exception>
    /// <exception cref="OperationCanceledException">It was stopped while it waited for who writes into a pipe.</exception>
    public static Job Read(string path, out JsonFieldLines lines, CancellationToken stop = default)
    {
        byte[] json = InputFile.ReadOnce(path, stop);
        Job job = Parse<Job>(path, json);
        JsonFieldLines known = JsonFieldLines.Of(json);
        JobRules.Check(job, (field, found, expected) => new BadInputException(path, "$." + field, found, expected, "Correct the job file.",
            line: known[field]));
        lines = known;
        return job;
    }

    /// <summary>A job may say <c>"$schema": "…/job.schema.json"</c>, by which editors complete and check it; to ddm it means nothing, and it is not kept.</summary>
    private static void AllowSchemaName(JsonTypeInfo type)
    {
        if (type.Type != typeof(Job))
            return;
        JsonPropertyInfo schema = type.CreateJsonPropertyInfo(typeof(string), JobFields.SchemaName);
        schema.Set = (_, _) => { };
        schema.IsSetNullable = false;
        type.Properties.Add(schema);
    }

    /// <summary>Reads one JSON document strictly.</summary>
    /// <exception cref="BadInputException">It is not JSON, or not of this type.</exception>
    /// <param name="path">For messages.</param>
    /// <param name="json">The document.</param>
    /// <param name="expected">What it should be.</param>
    /// <param name="remedy">What to do where it is not.</param>
    internal static T Parse<T>(string path, ReadOnlySpan<byte> json, string expected = "a job as docs/formats.md describes it", string remedy = "Correct the job file.")
        where T : class
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options)
                ?? throw new BadInputException(path, "$", "null", expected, remedy, line: 1);
        }
        catch (JsonException e)
        {
            throw Fault<T>(path, json, expected, remedy, e);
        }
    }

    /// <summary>A document that is JSON is told by its first fault; one that is not, by what the reader of JSON stumbles over.</summary>
    private static BadInputException Fault<T>(string path, ReadOnlySpan<byte> json, string expected, string remedy, JsonException error)
    {
        try
        {
            if (JsonShape.FirstFault(json, typeof(T), Options) is JsonShape.Fault fault)
                return new BadInputException(path, fault.Field, fault.Found, fault.Expected, remedy, error, fault.Line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // It is no JSON, or a text in it is no UTF-8: the reader itself says so.
            error = e as JsonException ?? error;
        }

        return new BadInputException(path, error.Path ?? "$", $"what is no JSON ({Cause(error.Message)})", expected, remedy, error,
            (int?)(error.LineNumber + 1));
    }

    /// <summary>The reader's message without the position, which is named already.</summary>
    private static string Cause(string message)
    {
        foreach (string position in (ReadOnlySpan<string>)[" Path: ", " LineNumber: ", " Change the reader options."])
        {
            int at = message.IndexOf(position, StringComparison.Ordinal);
            message = at < 0 ? message : message[..at];
        }

        return message.TrimEnd('.');
    }
}
