namespace DdmNative.SideBySide;

/// <summary>
/// The measurements of one workload on a device, only our side. Times in seconds; null if the row failed, in which case <see cref="Error"/>
/// has the reason.
/// </summary>
internal sealed record DeviceRow
{
    public required string Name { get; init; }

    /// <summary>The precision of matrix products, as named by <c>--precision</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>Seconds per run in a batch of runs with one wait at the end: median, minimum and maximum of the batches.</summary>
    public double? MedianS { get; init; }

    public double? MinS { get; init; }

    public double? MaxS { get; init; }

    /// <summary>Seconds of a single run, including the wait for the device.</summary>
    public double? SingleS { get; init; }

    /// <summary>Seconds of the first run, including loading, compilation and allocation.</summary>
    public double? FirstS { get; init; }

    /// <summary>The number of timed runs.</summary>
    public int? Runs { get; init; }

    /// <summary>10¹² flops per second, counted in the plain form; null if the workload has no countable flops.</summary>
    public double? Tflops { get; init; }

    /// <summary>Whether the workload was shortened for a quick run.</summary>
    public bool Shortened { get; init; }

    public string? Error { get; init; }
}
