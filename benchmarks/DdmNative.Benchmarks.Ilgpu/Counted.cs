using System.Text.Json;
using DdmNative.Compute;
using DdmNative.Compute.Cuda.Driver;

namespace DdmNative.Benchmarks.Ilgpu;

/// <summary>The emulator's counters, summed over kernels.</summary>
internal readonly record struct Counters(long Launches, long WarpInstructions, long FloatingPoint, long MovedBytes, long LeastBytes,
    long BankConflicts, long DivergentBranches)
{
    public static Counters operator -(Counters a, Counters b) => new(
        a.Launches - b.Launches, a.WarpInstructions - b.WarpInstructions, a.FloatingPoint - b.FloatingPoint, a.MovedBytes - b.MovedBytes,
        a.LeastBytes - b.LeastBytes,
        a.BankConflicts - b.BankConflicts, a.DivergentBranches - b.DivergentBranches);

    /// <summary>Reads the counters of all launches on the first device since the emulator was loaded.</summary>
    /// <exception cref="InvalidOperationException">The driver is not the emulator.</exception>
    public static Counters Read()
    {
        string report = EmulatorReport.Read(ordinal: 0)
            ?? throw new InvalidOperationException(
                "The driver is not the emulator: set DDM_CUDA_DRIVER to what build/cuda-emulator.sh prints.");
        using JsonDocument document = JsonDocument.Parse(report);
        var sum = default(Counters);
        foreach (JsonElement kernel in document.RootElement.GetProperty("kernels").EnumerateArray())
        {
            JsonElement totals = kernel.GetProperty("totals");
            long floatingPoint = totals.GetProperty("classes").EnumerateObject().Where(entry => entry.Name is "Fma" or "FloatingPoint")
                .Sum(entry => Number(entry.Value, "warps"));
            sum = new(
                sum.Launches + Number(kernel, "launches"), sum.WarpInstructions + Number(totals, "warpInstructions"),
                sum.FloatingPoint + floatingPoint,
                sum.MovedBytes + Number(totals, "movedBytes"), sum.LeastBytes + Number(kernel, "leastBytes"),
                sum.BankConflicts + Number(totals, "bankConflicts"),
                sum.DivergentBranches + Number(totals, "divergentBranches"));
        }
        return sum;
    }

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}

/// <summary>The emulator's counters of one operation on one device, and its results.</summary>
internal sealed record Counted(Counters Counters, float[][] Results)
{
    public static Counted Run(Operation operation, Device device)
    {
        (Action call, Tensor[] results) = operation.Prepare(device, new Inputs(device));
        Counters before = Counters.Read();
        call();
        float[][] values = [.. results.Select(result => result.ToArray())];
        return new(Counters.Read() - before, values);
    }
}
