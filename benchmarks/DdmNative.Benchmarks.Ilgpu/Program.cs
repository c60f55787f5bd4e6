using System.Globalization;
using DdmNative.Benchmarks.Ilgpu;
using DdmNative.Compute;
using DdmNative.Compute.Cuda;
using DdmNative.Compute.Ilgpu;

// Operations of the contracts through our own PTX and through the PTX that ILGPU compiles from the C# kernels, on the CUDA emulator:
// compares the results and the emulator's counters.
// One device after the other: each library makes its own context current and assumes that it stays current.
Counted[] own, ilgpu;
using (var device = new CudaDevice())
    own = [.. Operations.All.Select(operation => Counted.Run(operation, device))];
using (Device device = new IlgpuFamily().Open("cuda", "fp32"))
    ilgpu = [.. Operations.All.Select(operation => Counted.Run(operation, device))];

Console.WriteLine("| operation | difference | launches | warp instructions | ILGPU / own | floating point | moved / least | bank conflicts "
    + "| divergent branches |");
Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
bool same = true;
foreach ((Operation operation, Counted ours, Counted theirs) in Operations.All.Zip(own, ilgpu))
{
    double difference = ours.Results.Zip(theirs.Results, Difference).Max();
    same &= difference < 1e-5;
    (Counters a, Counters b) = (ours.Counters, theirs.Counters);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {operation.Name} | {difference:0.0e+0} | {a.Launches}, {b.Launches} | {a.WarpInstructions}, {b.WarpInstructions} | "
        + $"{(double)b.WarpInstructions / a.WarpInstructions:0.0} | {Share(a):0%}, {Share(b):0%} | {Moved(a):0.00}, {Moved(b):0.00} | "
        + $"{a.BankConflicts}, {b.BankConflicts} | {a.DivergentBranches}, {b.DivergentBranches} |"));
}

return same ? 0 : 1;

static double Share(Counters of) => (double)of.FloatingPoint / of.WarpInstructions;

static double Moved(Counters of) => (double)of.MovedBytes / of.LeastBytes;

// ‖a − b‖/‖a‖
static double Difference(float[] a, float[] b)
{
    double difference = 0, length = 0;
    for (int i = 0; i < a.Length; i++)
        (difference, length) = (difference + ((double)a[i] - b[i]) * ((double)a[i] - b[i]), length + (double)a[i] * a[i]);
    return difference == 0 ? 0 : Math.Sqrt(difference / length);
}
