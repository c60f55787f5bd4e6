using System.Text.Json.Nodes;
using DdmNative.Compute;

namespace DdmNative.SideBySide;

/// <summary>One row of the table: the same work for both sides.</summary>
/// <param name="Name">As printed.</param>
/// <param name="Flops">
/// Of one run: multiply–adds (as two) of the convolutions and linear layers in their plain form, whatever algorithm computes them; the rest left out. 0 where
/// there are none.
/// </param>
/// <param name="Torch">What benchmarks/pytorch/workloads.py is asked for.</param>
/// <param name="Prepare">Builds our side on a device; not timed.</param>
internal sealed record Workload(string Name, double Flops, JsonObject Torch, Func<Device, Prepared> Prepare)
{
    /// <summary>PyTorch's time over ours that is wanted at least; 0 where none is.</summary>
    public double LeastRatio { get; init; }

    /// <summary>Whether it was cut down to fit into a quick run.</summary>
    public bool IsShortened { get; init; }
}

/// <summary>Our side of a workload, ready to run as often as one likes.</summary>
internal sealed class Prepared(Action run, params IDisposable[] owned) : IDisposable
{
    public void Run() => run();

    public void Dispose()
    {
        foreach (IDisposable part in owned)
            part.Dispose();
    }
}
