using System.Text.Json.Serialization;

namespace DdmNative.SideBySide;

/// <summary>The measurements of one workload. Times in seconds; values that were not measured are null.</summary>
internal sealed record Row
{
    public required string Name { get; init; }

    public required int Threads { get; init; }

    /// <summary>Median, minimum and maximum.</summary>
    public required double OursS { get; init; }

    public required double OursMinS { get; init; }

    public required double OursMaxS { get; init; }

    public double? TorchS { get; init; }

    public double? TorchMinS { get; init; }

    public double? TorchMaxS { get; init; }

    /// <summary>PyTorch's median divided by ours.</summary>
    public double? Ratio { get; init; }

    /// <summary>10⁹ flops per second of our side, counted in the plain form.</summary>
    public double? Gflops { get; init; }

    /// <summary>
    /// Share of the peak that was measured in the same run on the same number of threads. Above 1 if an algorithm saves multiplications.
    /// </summary>
    public double? PeakShare { get; init; }

    /// <summary>The variant of PyTorch's side.</summary>
    public string? TorchVariant { get; init; }

    /// <summary>Median, minimum and maximum of TorchSharp.</summary>
    public double? TorchSharpS { get; init; }

    public double? TorchSharpMinS { get; init; }

    public double? TorchSharpMaxS { get; init; }

    /// <summary>TorchSharp's median divided by ours.</summary>
    public double? TorchSharpRatio { get; init; }

    /// <summary>The variant of TorchSharp's side.</summary>
    public string? TorchSharpVariant { get; init; }

    /// <summary>Peak memory of a process that runs only this row.</summary>
    public long? OursPeakBytes { get; init; }

    public long? TorchPeakBytes { get; init; }

    public long? TorchSharpPeakBytes { get; init; }

    /// <summary>Whether the workload was shortened for a quick run.</summary>
    public bool Shortened { get; init; }

    /// <summary>The required ratio; 0 if there is none.</summary>
    [JsonIgnore]
    public double LeastRatio { get; init; }
}
