using System.Text.Json;
using System.Text.Json.Serialization;

namespace DdmNative.SideBySide;

/// <summary>The format in which rows are written to files.</summary>
internal static class JsonStyle
{
    public static JsonSerializerOptions Rows { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true,
    };

    /// <summary>Omits null values.</summary>
    public static JsonSerializerOptions DeviceRows { get; } = new(Rows) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}
