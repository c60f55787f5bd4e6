using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Jobs;

/// <summary>Checks whether a JSON document has the expected shape, and describes the first difference in the terms of JSON.</summary>
internal sealed class JsonShape
{
    private const int MostShown = 60;

    private readonly JsonSerializerOptions _options;
    private readonly byte[] _json;

    private JsonShape(byte[] json, JsonSerializerOptions options) => (_json, _options) = (json, options);

    /// <summary>A field that does not have the expected shape.</summary>
    /// <param name="Field">The name in messages, <c>$.training.epochs</c>.</param>
    /// <param name="Line">The line, from 1.</param>
    /// <param name="Found">The value in the document.</param>
    /// <param name="Expected">The expected value.</param>
    internal sealed record Fault(string Field, int Line, string Found, string Expected);

    /// <summary>Finds the first error of a valid JSON document; null if there is none that can be detected here.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static Fault? FirstFault(ReadOnlySpan<byte> json, Type type, JsonSerializerOptions options)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = options.AllowTrailingCommas, MaxDepth = options.MaxDepth });
        reader.Read();
        var shape = new JsonShape(json.ToArray(), options);
        Fault? fault = shape.Of(ref reader, type, "$", mayBeNull: false);
        while (fault is null && reader.Read())
        {
        }

        return fault;
    }

    private Fault? Of(ref Utf8JsonReader reader, Type type, string field, bool mayBeNull)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (reader.TokenType == JsonTokenType.Null)
            return mayBeNull || plain != type ? null : At(reader, field, "null", Words(plain));
        JsonTypeInfo info = _options.GetTypeInfo(plain);
        return info.Kind switch
        {
            JsonTypeInfoKind.Object => reader.TokenType == JsonTokenType.StartObject ? OfObject(ref reader, info, field)
                : At(reader, field, Described(reader), "an object { … }"),
            JsonTypeInfoKind.Enumerable => reader.TokenType == JsonTokenType.StartArray ? OfList(ref reader, info.ElementType!, field)
                : At(reader, field, Described(reader), Words(plain)),
            JsonTypeInfoKind.Dictionary => reader.TokenType == JsonTokenType.StartObject ? OfMap(ref reader, info.ElementType!, field)
                : At(reader, field, Described(reader), "an object { … }"),
            _ => OfValue(ref reader, plain, field),
        };
    }

    private Fault? OfObject(ref Utf8JsonReader reader, JsonTypeInfo info, string field)
    {
        int line = LineOf(reader);
        var seen = new HashSet<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            string inner = $"{field}.{name}";
            if (info.Properties.FirstOrDefault(property => property.Name == name) is not JsonPropertyInfo known)
            {
                string[] names = [.. info.Properties.Select(property => property.Name).Where(property => property != JobFields.SchemaName)];
                string meant = NearestWord.Of(name, names) is string nearest ? $"; did you mean {nearest}?" : "";
                return At(reader, inner, "an unknown field", $"one of {string.Join(", ", names)}{meant}");
            }

            if (!seen.Add(name))
                return At(reader, inner, "a repeated field", "every field once");
            reader.Read();
            if (Of(ref reader, known.PropertyType, inner, known.IsSetNullable) is Fault fault)
                return fault;
        }

        return info.Properties.FirstOrDefault(property => property.IsRequired && !seen.Contains(property.Name)) is JsonPropertyInfo missing
            ? new Fault(field, line, $"no field {missing.Name}", $"{missing.Name}, which is required")
            : null;
    }

    private Fault? OfList(ref Utf8JsonReader reader, Type element, string field)
    {
        for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            // The serializer allows null in a list of strings; the rules then give a better message.
            if (Of(ref reader, element, $"{field}[{i.ToString(CultureInfo.InvariantCulture)}]",
                mayBeNull: !element.IsValueType) is Fault fault)
                return fault;
        }

        return null;
    }

    private Fault? OfMap(ref Utf8JsonReader reader, Type element, string field)
    {
        var seen = new HashSet<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!seen.Add(name))
                return At(reader, $"{field}.{name}", "a repeated name", "every name once");
            reader.Read();
            if (Of(ref reader, element, $"{field}.{name}", mayBeNull: false) is Fault fault)
                return fault;
        }

        return null;
    }

    private Fault? OfValue(ref Utf8JsonReader reader, Type type, string field)
    {
        if (reader.TokenType == JsonTokenType.String && !IsText(reader))
            return At(reader, field, Described(reader),
                "a string of complete characters: one of these \\u escapes is half of a surrogate pair");
        bool fits = Type.GetTypeCode(type) switch
        {
            TypeCode.String => reader.TokenType == JsonTokenType.String,
            TypeCode.Boolean => reader.TokenType is JsonTokenType.True or JsonTokenType.False,
            TypeCode.Int32 => reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out _),
            TypeCode.Int64 => reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out _),
            TypeCode.UInt64 => reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out _),
            TypeCode.Single => reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out float real) && float.IsFinite(real),
            TypeCode.Double => reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double real) && double.IsFinite(real),
            _ => true,
        };
        Fault? fault = fits ? null : At(reader, field, Described(reader), Words(type));
        reader.Skip();
        return fault;
    }

    /// <summary>Whether a string can be decoded: <c>\ud800</c> alone is not a character.</summary>
    private static bool IsText(Utf8JsonReader reader)
    {
        try
        {
            _ = reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Words(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.String => "a string",
        TypeCode.Boolean => "true or false",
        TypeCode.Int32 => $"a whole number up to {int.MaxValue}, without a point",
        TypeCode.Int64 => "a whole number, without a point",
        TypeCode.UInt64 => $"a whole number from 0 to {ulong.MaxValue}",
        TypeCode.Single or TypeCode.Double => "a number",
        _ when type == typeof(string) => "a string",
        _ when type.IsGenericType && type.GetGenericArguments() is [Type element]
            => element == typeof(string) ? "a list [ … ] of strings"
                : element == typeof(int) || element == typeof(double) ? "a list [ … ] of numbers"
                : "a list [ … ] of objects",
        _ => "an object { … }",
    };

    /// <summary>The value as written in the document.</summary>
    private string Described(Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.StartObject)
            return "an object";
        if (reader.TokenType is JsonTokenType.StartArray)
            return "a list";
        string text = System.Text.Encoding.UTF8.GetString(_json.AsSpan((int)reader.TokenStartIndex,
            (int)(reader.BytesConsumed - reader.TokenStartIndex)));
        return text.Length > MostShown ? text[..MostShown] + "…" : text;
    }

    private Fault At(Utf8JsonReader reader, string field, string found, string expected) => new(field, LineOf(reader), found, expected);

    private int LineOf(Utf8JsonReader reader) => 1 + _json.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');
}
