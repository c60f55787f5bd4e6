using System.Text.Json.Nodes;
using DdmNative.Compute;

namespace DdmNative.SideBySide;

/// <summary>One row of the table: the same work for all sides.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Flops"> Flops of one run: the multiply–adds (counted as two) of the convolutions and linear layers in their direct form,
/// for any algorithm; nothing else counts. 0 if there are none. </param>
/// <param name="Torch">The request to PyTorch's and TorchSharp's workers.</param>
/// <param name="Prepare">Builds our side on a device; not timed.</param>
internal sealed record Workload(string Name, double Flops, JsonObject Torch, Func<Device, Prepared> Prepare)
{
    /// <summary>The target for the faster opponent's time over ours, the same for all instruction sets; 0 if none.</summary>
    public double LeastRatio { get; init; }

    /// <summary>Whether it is a single operation, so short that even a quick run compares the opponents' variants.</summary>
    public bool IsOperation { get; init; }

    /// <summary>Whether it was cut down to fit into a quick run.</summary>
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
