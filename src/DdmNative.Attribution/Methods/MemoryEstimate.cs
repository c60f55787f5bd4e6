using System.Globalization;
using DdmNative.Attribution.Networks;

namespace DdmNative.Attribution.Methods;

/// <summary>The most memory that a method will take, beside the data set and the trajectory.</summary>
/// <param name="Parts">What takes it, and how many bytes.</param>
public sealed record MemoryEstimate(IReadOnlyList<(string What, long Bytes)> Parts)
{
    public MemoryEstimate(params (string What, long Bytes)[] parts)
        : this((IReadOnlyList<(string, long)>)parts)
    {
    }

    /// <summary>All parts together.</summary>
    public long Bytes => Parts.Sum(part => part.Bytes);

    /// <summary>Both at once.</summary>
    public static MemoryEstimate operator +(MemoryEstimate a, MemoryEstimate b) => new([.. a.Parts, .. b.Parts]);

    /// <summary>Vectors shaped like the parameters, on the device or the host.</summary>
    public static long Vectors(Network network, long count) => count * network.ParameterCount * sizeof(float);

    /// <summary>
    /// What lies between the layers of a pass over E members × N samples: every layer's output and its cotangent, and as much again with
    /// tangents. The most that a device could keep; the CPU keeps only the blocks in flight.
    /// </summary>
    public static long Pass(Network network, int members, int samples, bool tangents = false)
        => (long)members * samples * network.Layers.Sum(layer => (long)layer.Output.Length) * sizeof(float) * (tangents ? 4 : 2);

    /// <summary>For the user, e.g. <c>31.5 MiB at most (gradients 20.0, passes 11.5)</c>.</summary>
    public override string ToString()
    {
        string parts = string.Join(", ", Parts.Where(part => part.Bytes > 0).Select(part => $"{part.What} {Mebibytes(part.Bytes)}"));
        return parts.Length > 0 ? $"{Mebibytes(Bytes)} MiB at most ({parts})" : "no memory worth naming";
    }

    private static string Mebibytes(long bytes) => (bytes / (1024.0 * 1024.0)).ToString("F1", CultureInfo.InvariantCulture);
}
