using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Runs.Jobs;

/// <summary>
/// Jobs as JSON: names in snake_case, comments and trailing commas allowed, nothing unknown, nothing twice, nothing out of range.
/// </summary>
public static class JobFile
{
    /// <summary>How every JSON file of a run is written and read.</summary>
    internal static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        WriteIndented = true,
        NewLine = "\n",
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AllowSchemaName } },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads and checks a job.</summary>
    /// <exception cref="BadInputException">The file is missing, not JSON, or a field is unknown, repeated, missing, of the wrong type or out of range; field and line are named.</exception>
    public static Job Read(string path)
    {
        byte[] json = InputFile.ReadOnce(path);
        Job job = Parse<Job>(path, json);
        JsonFieldLines? lines = null;
        JobRules.Check(job, (field, found, expected) =>
            new BadInputException(path, "$." + field, found, expected, "Correct the job file.", line: (lines ??= JsonFieldLines.Of(json))[field]));
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
            throw new BadInputException(path, e.Path ?? "$", Found(e), expected, remedy, e, (int?)(e.LineNumber + 1));
        }
    }

    /// <summary>The serialiser's message without the position, which is named already, and without the runtime's type names.</summary>
    private static string Found(JsonException e)
    {
        string message = e.InnerException is FormatException or InvalidOperationException ? e.InnerException.Message : e.Message;
        int position = message.IndexOf(" Path: ", StringComparison.Ordinal);
        if (position >= 0)
            message = message[..position];
        position = message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        if (position >= 0)
            message = message[..position];
        return "an error (" + Describe(message.TrimEnd('.')) + ")";
    }

    private static string Describe(string message)
    {
        foreach ((string type, string words) in (ReadOnlySpan<(string, string)>)[
            ("System.Nullable`1[System.Int32]", "a whole number"), ("System.Int32", "a whole number"), ("System.UInt64", "a whole number from 0"),
            ("System.Single", "a number"), ("System.Double", "a number"), ("System.Boolean", "true or false"), ("System.String", "a text"),
            ("System.Collections.Generic.IReadOnlyList`1[a text]", "a list of texts"), ("System.Collections.Generic.IReadOnlyList`1[a number]", "a list of numbers"),
            ("System.Collections.Generic.IReadOnlyList`1[a whole number]", "a list of whole numbers")])
            message = message.Replace(type, words, StringComparison.Ordinal);
        foreach (Type section in (ReadOnlySpan<Type>)[typeof(Job), typeof(JobData), typeof(JobNetwork), typeof(JobTarget), typeof(JobTraining), typeof(JobGroups), typeof(JobMatching), typeof(JobAttribution), typeof(JobValidation), typeof(JobEvaluation), typeof(JobUnlearning)])
            message = message.Replace($"'{section.FullName}'", "this object", StringComparison.Ordinal).Replace(section.FullName!, "an object", StringComparison.Ordinal);
        return message;
    }
}
