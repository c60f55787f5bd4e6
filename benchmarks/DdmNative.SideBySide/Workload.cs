using System.Text.Json.Nodes;
using DdmNative.Compute;

namespace DdmNative.SideBySide;

/// <summary>One row of the table: the same work on both sides.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="Flops">
/// Flops of one run: multiply–adds (counted as two) of the convolutions and linear layers in their plain form, independently of the
/// algorithm that computes them; everything else is ignored. 0 if there are none.
/// </param>
/// <param name="Torch">The request to benchmarks/pytorch/workloads.py.</param>
/// <param name="Prepare">Builds our side on a device; not timed.</param>
internal sealed record Workload(string Name, double Flops, JsonObject Torch, Func<Device, Prepared> Prepare)
{
    /// <summary>The required ratio of PyTorch's time to ours; 0 if there is none.</summary>
    public double LeastRatio { get; init; }

    /// <summary>Whether it was shortened for a quick run.</summary>
    public bool IsShortened { get; init; }
}

/// <summary>Our side of a workload, ready to run any number of times.</summary>
internal sealed class Prepared(Action run, params IDisposable[] owned) : IDisposable
{
    public void Run() => run();

    public void Dispose()
    {
        foreach (IDisposable part in owned)
            part.Dispose();
    }
}
