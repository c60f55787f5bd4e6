namespace DdmNative.SideBySide;

/// <summary>
/// What was measured of one workload on a device, ours alone. Times in seconds; null where the row failed, and then <see cref="Error"/>
/// says why.
/// </summary>
internal sealed record DeviceRow
{
    public required string Name { get; init; }

    /// <summary>How the device multiplied, as <c>--precision</c> names it.</summary>
    public required string Precision { get; init; }

    /// <summary>Of one run in a batch of runs, after which the device was waited for: median, least and most of the batches.</summary>
    public double? MedianS { get; init; }

    public double? MinS { get; init; }

    public double? MaxS { get; init; }

    /// <summary>Of one run alone, with the wait for the device after it.</summary>
    public double? SingleS { get; init; }

    /// <summary>Of the first run of all: what is loaded, compiled and allocated then is in it.</summary>
    public double? FirstS { get; init; }

    /// <summary>The runs that were timed.</summary>
    public int? Runs { get; init; }

    /// <summary>10¹² flops a second, counted in the plain form; null where the workload has none to count.</summary>
    public double? Tflops { get; init; }

    /// <summary>Whether the workload was cut down for a quick run.</summary>
    public bool Shortened { get; init; }

    public string? Error { get; init; }
}
