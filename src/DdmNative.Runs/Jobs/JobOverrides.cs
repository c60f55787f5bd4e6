using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdmNative.Runs.Jobs;

/// <summary>Values that replace a job's own, given as text by field name; environment variables are applied this way.</summary>
public static class JobOverrides
{
    /// <summary>The separator of a list's elements; not a comma, because an objective may contain commas.</summary>
    public const char ListSeparator = ';';

    /// <summary>The text for null, in fields that may be null.</summary>
    public const string NullText = "null";

    /// <summary>Returns the job with these values. <see cref="JobRules"/> checks whether they are in range.</summary>
    /// <param name="job">The job.</param>
    /// <param name="values">Texts by <see cref="JobField.Path"/>. A list's elements are separated by semicolons.</param>
    /// <param name="error">Creates the exception from the field, what was found and what was expected.</param>
    /// <exception cref="ArgumentException">A path is not a field of a job.</exception>
    public static Job Apply(Job job, IReadOnlyDictionary<string, string> values, Func<string, string, string, Exception> error)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(error);
        if (values.Count == 0)
            return job;
        JsonObject document = JsonSerializer.SerializeToNode(job, JobFile.Options)!.AsObject();
        foreach ((string path, string text) in values)
        {
            JobField field = JobFields.Find(path) ?? throw new ArgumentException($"A job has no field {path}.", nameof(values));
            Place(document, path, ValueOf(field, text, error));
        }

        return document.Deserialize<Job>(JobFile.Options)!;
    }

    private static void Place(JsonObject document, string path, JsonNode? value)
    {
        string[] names = path.Split('.');
        if (names.Length == 1)
            document[path] = value;
        else
            (document[names[0]] ??= JobFields.Defaults()[names[0]]!.DeepClone())[names[1]] = value;
    }

    private static JsonNode? ValueOf(JobField field, string text, Func<string, string, string, Exception> error)
    {
        if (field.MayBeNull && text == NullText)
            return null;
        if (!field.IsList)
            return Single(field, text, error);
        return new JsonArray([.. text.Split(ListSeparator, StringSplitOptions.TrimEntries).Where(_ => text.Length > 0)
            .Select(element => Single(field, element, error))]);
    }

    private static JsonValue Single(JobField field, string text, Func<string, string, string, Exception> error)
    {
        (JsonValue? value, string expected) = Type.GetTypeCode(field.ElementType) switch
        {
            TypeCode.String => (JsonValue.Create(text), "a string"),
            TypeCode.Boolean => (bool.TryParse(text, out bool flag) ? JsonValue.Create(flag) : null, "true or false"),
            TypeCode.Int32 => (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int whole)
                ? JsonValue.Create(whole) : null, "a whole number"),
            TypeCode.UInt64 => (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
                ? JsonValue.Create(seed) : null, "a whole number from 0"),
            TypeCode.Single => (Real(text) is double real
                && float.IsFinite((float)real) ? JsonValue.Create((float)real) : null, "a number"),
            TypeCode.Double => (Real(text) is double real ? JsonValue.Create(real) : null, "a number"),
            _ => throw new InvalidOperationException($"Fields of {field.ElementType} cannot be given as text yet ({field.Path})."),
        };
        return value ?? throw error(field.Path, $"'{text}'", field.MayBeNull ? $"{expected}, or {NullText}" : expected);
    }

    private static double? Real(string text)
        => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real) ? real : null;
}
