namespace DdmNative.SideBySide;

/// <summary>
/// The measurements of one workload on a device, only our side. Times in seconds; null if the row failed, and then <see cref="Error"/> says
/// why.
/// </summary>
internal sealed record DeviceRow
{
    public required string Name { get; init; }

    /// <summary>The value of <c>--precision</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>
    /// Seconds of one run, averaged over a batch that ends with a wait for the device: median, least and most of the batches.
    /// </summary>
    public double? MedianS { get; init; }

    public double? MinS { get; init; }

    public double? MaxS { get; init; }

    /// <summary>Seconds of a single run, including the wait for the device.</summary>
    public double? SingleS { get; init; }

    /// <summary>Seconds of the first run, which includes loading, compiling and allocating.</summary>
    public double? FirstS { get; init; }

    /// <summary>The runs that were timed.</summary>
    public int? Runs { get; init; }

    /// <summary>10¹² flops a second, counted in the direct form; null for workloads without counted flops.</summary>
    public double? Tflops { get; init; }

    /// <summary>Whether the workload was cut down for a quick run.</summary>
    public bool Shortened { get; init; }

    public string? Error { get; init; }
}
