using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DdmNative.Attribution.Formats;

namespace DdmNative.Cli.Output;

/// <summary>A verb's result as the one JSON object on standard output: names in snake_case, null where a number is none.</summary>
internal static class JsonResult
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new FiniteOrNull() },
    };

    /// <summary>The object, on a line of its own.</summary>
    public static void Write(object result) => Console.Out.WriteLine(Escaped(JsonSerializer.Serialize(result, Form)));

    /// <summary>
    /// The same document with every character that a terminal would obey as \uXXXX: they stand in texts alone, and mean the same.
    /// </summary>
    public static string Escaped(string json)
        => json.Any(Printable.Obeyed) ? string.Concat(json.Select(c => Printable.Obeyed(c) ? $"\\u{(int)c:x4}" : c.ToString())) : json;

    /// <summary>A value within a larger object, in the same form.</summary>
    public static void Write(Utf8JsonWriter json, object? value) => JsonSerializer.Serialize(json, value, Form);

    /// <summary>JSON has no word for what is not a number: a correlation of effects that do not vary, a speed-up over no time.</summary>
    private sealed class FiniteOrNull : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
