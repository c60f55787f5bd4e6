using System.Text.Json.Serialization;

namespace DdmNative.SideBySide;

/// <summary>The measurements of one workload. Times in seconds; null if not measured.</summary>
internal sealed record Row
{
    public required string Name { get; init; }

    public required int Threads { get; init; }

    /// <summary>Median, least and most.</summary>
    public required double OursS { get; init; }

    public required double OursMinS { get; init; }

    public required double OursMaxS { get; init; }

    public double? TorchS { get; init; }

    public double? TorchMinS { get; init; }

    public double? TorchMaxS { get; init; }

    /// <summary>PyTorch's median over ours.</summary>
    public double? TorchRatio => TorchS / OursS;

    /// <summary>10⁹ flops a second of our side, counted in the direct form.</summary>
    public double? Gflops { get; init; }

    /// <summary>
    /// Share of the peak measured in the same run on the same number of threads. Above 1 if an algorithm saves multiplications.
    /// </summary>
    public double? PeakShare { get; init; }

    /// <summary>How PyTorch's side was written.</summary>
    public string? TorchVariant { get; init; }

    /// <summary>Median, least and most of TorchSharp.</summary>
    public double? TorchSharpS { get; init; }

    public double? TorchSharpMinS { get; init; }

    public double? TorchSharpMaxS { get; init; }

    /// <summary>TorchSharp's median over ours.</summary>
    public double? TorchSharpRatio => TorchSharpS / OursS;

    /// <summary>The median of the faster of the two over ours.</summary>
    public double? Ratio
        => TorchRatio is double torch && TorchSharpRatio is double torchSharp ? Math.Min(torch, torchSharp) : TorchRatio ?? TorchSharpRatio;

    /// <summary>How TorchSharp's side was written.</summary>
    public string? TorchSharpVariant { get; init; }

    /// <summary>Peak memory of a process that runs only this row.</summary>
    public long? OursPeakBytes { get; init; }

    public long? TorchPeakBytes { get; init; }

    public long? TorchSharpPeakBytes { get; init; }

    /// <summary>Whether the workload was cut down for a quick run.</summary>
    public bool Shortened { get; init; }

    /// <summary>The target for the ratio to the faster opponent; 0 if none.</summary>
    [JsonIgnore]
    public double LeastRatio { get; init; }
}
