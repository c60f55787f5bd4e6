using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// Jobs as JSON: names in snake_case; comments and trailing commas are allowed; unknown, repeated and out-of-range fields are not.
/// </summary>
public static class JobFile
{
    /// <summary>The serializer options for every JSON file of a run.</summary>
    internal static JsonSerializerOptions Options { get; } = new(JsonSettings.Strict)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AllowSchemaName } },
    };

    /// <summary>Reads and checks a job.</summary>
    /// <exception cref="BadInputException">The file is missing or not JSON, or a field is unknown, repeated, missing, of the wrong type or
    /// out of range; the message names field and line.</exception>
    public static Job Read(string path) => Read(path, out _);

    /// <summary>Reads and checks a job, and returns the lines of its fields.</summary>
    /// <exception cref="BadInputException">As for the other overload.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for the writer of a pipe.</exception>
    public static Job Read(string path, out JsonFieldLines lines, CancellationToken stop = default)
    {
        byte[] json = InputFile.ReadOnce(path, stop);
        Job job = Parse<Job>(path, json);
        JsonFieldLines known = JsonFieldLines.Read(json);
        JobRules.Check(job, (field, found, expected) => new BadInputException(path, "$." + field, found, expected, "Correct the job file.",
            line: known[field]));
        lines = known;
        return job;
    }

    /// <summary>
    /// Allows <c>"$schema": "…/job.schema.json"</c> in a job, which editors use to complete and check it; ddm ignores it and does not store
    /// it.
    /// </summary>
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
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">The document.</param>
    /// <param name="expected">The description of a valid document.</param>
    /// <param name="remedy">The fix for an invalid document.</param>
    internal static T Parse<T>(string path, ReadOnlySpan<byte> json, string expected = "a job as described in docs/formats.md",
        string remedy = "Correct the job file.")
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

    /// <summary>For a valid JSON document, describes the first field that is wrong; otherwise, the JSON reader's error.</summary>
    private static BadInputException Fault<T>(string path, ReadOnlySpan<byte> json, string expected, string remedy, JsonException error)
    {
        try
        {
            if (JsonShape.FirstFault(json, typeof(T), Options) is JsonShape.Fault fault)
                return new BadInputException(path, fault.Field, fault.Found, fault.Expected, remedy, error, fault.Line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // It is not JSON, or one of its strings is not UTF-8: the reader reports the cause.
            error = e as JsonException ?? error;
        }

        return new BadInputException(path, error.Path ?? "$", $"invalid JSON ({Cause(error.Message)})", expected, remedy, error,
            (int?)(error.LineNumber + 1));
    }

    /// <summary>The reader's message without the position, which the exception already contains.</summary>
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
