using System.Text.Json;
using System.Text.Json.Serialization;

namespace DdmNative.SideBySide;

/// <summary>How rows are written to files.</summary>
internal static class JsonStyle
{
    public static JsonSerializerOptions Rows { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true,
    };

    /// <summary>Leaves out properties that are null.</summary>
    public static JsonSerializerOptions DeviceRows { get; } = new(Rows) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}
