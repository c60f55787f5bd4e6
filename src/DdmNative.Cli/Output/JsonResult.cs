using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DdmNative.Attribution.Formats;

namespace DdmNative.Cli.Output;

/// <summary>
/// Writes a verb's result as one JSON object to standard output: names in snake_case, null for a number that is not finite.
/// </summary>
internal static class JsonResult
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new FiniteOrNull() },
    };

    /// <summary>Writes the object on its own line.</summary>
    public static void Write(object result) => Console.Out.WriteLine(Escaped(JsonSerializer.Serialize(result, Form)));

    /// <summary>
    /// Writes every character that a terminal could interpret as \uXXXX. Such characters occur only in strings, so the document's meaning
    /// is unchanged.
    /// </summary>
    public static string Escaped(string json)
        => json.Any(Printable.Obeyed) ? string.Concat(json.Select(c => Printable.Obeyed(c) ? $"\\u{(int)c:x4}" : c.ToString())) : json;

    /// <summary>Writes a value within a larger object, in the same format.</summary>
    public static void Write(Utf8JsonWriter json, object? value) => JsonSerializer.Serialize(json, value, Form);

    /// <summary>
    /// JSON cannot represent NaN or infinity, such as a correlation of effects that do not vary, or a speed-up over zero time.
    /// </summary>
    private sealed class FiniteOrNull : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
