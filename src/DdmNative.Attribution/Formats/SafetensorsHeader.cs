using System.Buffers.Binary;
using System.Text.Json;

namespace DdmNative.Attribution.Formats;

/// <summary>One tensor of a safetensors header; the byte range counts from the start of the data.</summary>
internal sealed record SafetensorsEntry(string Name, string DType, int[] Shape, long Begin, long End);

/// <summary>Parses and formats the JSON header of a safetensors file.</summary>
internal static class SafetensorsHeader
{
    public const string MetadataKey = "__metadata__";

    private const string Damaged = "The file is damaged or not safetensors: download or export it again.";

    /// <summary>Bytes of one element; 0 for an unsupported dtype.</summary>
    public static int ElementSize(string dtype) => dtype switch
    {
        "F64" or "I64" => 8,
        "F32" or "I32" => 4,
        "F16" or "BF16" => 2,
        _ => 0,
    };

    /// <summary>The header for consecutive tensors, padded with spaces so that the data start at a multiple of 8.</summary>
    public static byte[] Format(IReadOnlyList<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata)
                    writer.WriteString(key, value);
                writer.WriteEndObject();
            }

            long offset = 0;
            foreach (StoredTensor tensor in tensors)
            {
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", tensor.DType);
                WriteNumbers(writer, "shape", [.. tensor.Shape.Select(length => (long)length)]);
                WriteNumbers(writer, "data_offsets", [offset, offset + tensor.Bytes.Length]);
                writer.WriteEndObject();
                offset += tensor.Bytes.Length;
            }

            writer.WriteEndObject();
        }

        while (json.Length % 8 != 0)
            json.WriteByte((byte)' ');
        return json.ToArray();
    }

    /// <summary>The entries of a file in the order of their data, its metadata, and the start of the data.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">The complete file.</param>
    /// <param name="isRead">Whether a tensor is read; for one that is not, only its position in the file is checked.</param>
    public static (List<SafetensorsEntry> Entries, Dictionary<string, string> Metadata, int DataStart) Parse(string path, byte[] file,
        Func<string, bool> isRead)
    {
        if (file.Length < 8)
            throw new BadInputException(path, "byte 0 (header length)", $"a file of {file.Length} bytes", "at least 8 bytes", Damaged);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file);
        if (length < 2 || length > (ulong)(file.Length - 8))
            throw new BadInputException(path, "byte 0 (header length)", $"{length}", $"2 to {file.Length - 8}, what the file can hold",
                Damaged);

        int dataStart = 8 + (int)length;
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            using JsonDocument json = JsonDocument.Parse(file.AsMemory(8, (int)length), options);
            RequireKind(path, "header", json.RootElement, JsonValueKind.Object);
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey)
                    ParseMetadata(path, property.Value, metadata);
                else
                    entries.Add(ParseEntry(path, property.Name, property.Value, isRead(property.Name)));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: text that is JSON in form but not Unicode.
            throw new BadInputException(path, "byte 8 (header)", $"text that is not JSON ({e.Message})", "a JSON object", Damaged, e);
        }

        entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        RequireGapless(path, entries, file.Length - dataStart);
        return (entries, metadata, dataStart);
    }

    private static void ParseMetadata(string path, JsonElement value, Dictionary<string, string> metadata)
    {
        RequireKind(path, MetadataKey, value, JsonValueKind.Object);
        foreach (JsonProperty property in value.EnumerateObject())
        {
            RequireKind(path, $"{MetadataKey}.{property.Name}", property.Value, JsonValueKind.String);
            metadata.Add(property.Name, property.Value.GetString()!);
        }
    }

    private static SafetensorsEntry ParseEntry(string path, string name, JsonElement value, bool isRead)
    {
        RequireKind(path, name, value, JsonValueKind.Object);
        if (!value.TryGetProperty("dtype", out JsonElement kind) || kind.ValueKind != JsonValueKind.String)
            throw new BadInputException(path, $"{name}.dtype", "nothing, or not a string", "a dtype", Damaged);
        string dtype = kind.GetString()!;
        int elementSize = ElementSize(dtype);
        if (isRead && elementSize == 0)
            throw new BadInputException(path, $"{name}.dtype", $"'{dtype}'", "one of F16, BF16, F32, F64, I32, I64",
                "Convert the tensor to one of these.");

        long[] shape = Numbers(path, name, value, "shape");
        long[] range = Numbers(path, name, value, "data_offsets");
        if (range.Length != 2 || range[0] > range[1])
            throw new BadInputException(path, $"{name}.data_offsets", $"[{string.Join(", ", range)}]", "[begin, end] with begin <= end",
                Damaged);
        if (!isRead)
            return new SafetensorsEntry(name, dtype, [], range[0], range[1]);

        Int128 bytes = elementSize;
        foreach (long axis in shape)
        {
            InputFile.RequireArraySize(path, $"{name}.shape", axis);
            bytes *= axis;
            InputFile.RequireArraySize(path, $"{name}.shape (bytes)", bytes);
        }

        if (bytes != range[1] - range[0])
            throw new BadInputException(path, $"{name}.data_offsets", $"{range[1] - range[0]} bytes",
                $"{bytes} bytes for {dtype} [{string.Join(", ", shape)}]", Damaged);
        return new SafetensorsEntry(name, dtype, [.. shape.Select(axis => (int)axis)], range[0], range[1]);
    }

    private static void RequireGapless(string path, List<SafetensorsEntry> entries, long dataLength)
    {
        long next = 0;
        foreach (SafetensorsEntry entry in entries)
        {
            if (entry.Begin != next)
                throw new BadInputException(path, $"{entry.Name}.data_offsets", $"data from byte {entry.Begin}",
                    $"data from byte {next}, without overlap or gap", Damaged);
            next = entry.End;
        }

        if (next != dataLength)
            throw new BadInputException(path, $"byte {next} of the data (end)", $"{dataLength} bytes of data",
                $"{next}, according to the header", Damaged);
    }

    private static long[] Numbers(string path, string tensor, JsonElement parent, string field)
    {
        if (!parent.TryGetProperty(field, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
            throw new BadInputException(path, $"{tensor}.{field}", "nothing, or not a list", "a list of whole numbers", Damaged);
        var numbers = new List<long>();
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out long number) || number < 0)
                throw new BadInputException(path, $"{tensor}.{field}", item.GetRawText(), "whole numbers that are not negative", Damaged);
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, long[] numbers)
    {
        writer.WriteStartArray(name);
        foreach (long number in numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    private static void RequireKind(string path, string field, JsonElement value, JsonValueKind kind)
    {
        if (value.ValueKind != kind)
            throw new BadInputException(path, field, $"a JSON {value.ValueKind}", $"a JSON {kind}", Damaged);
    }
}
