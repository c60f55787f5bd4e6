using System.Globalization;
using System.Text.Json;
using DdmNative.Compute.Cuda;
using DdmNative.Compute.Cuda.Driver;
using DdmNative.Compute.Cuda.Modules;

namespace DdmNative.Cli.Profiling;

/// <summary>A CUDA device's launches loop by loop, and what is known of their kernels without running them.</summary>
internal sealed class LaunchTable(CudaDevice device, int rounds, IReadOnlyList<(string Loop, LaunchRecorder Recorder)> recorded)
{
    private readonly SortedDictionary<string, KernelFacts> _facts = new(
        recorded.SelectMany(loop => loop.Recorder.Rows).Select(row => row.Kernel).Distinct().ToDictionary(kernel => kernel, device.FactsOf), StringComparer.Ordinal);

    public void Write(TextWriter output)
    {
        output.WriteLine($"{device.Name}: {device.Description}.");
        if (device.Facts.IsEmulator)
            output.WriteLine("This is an emulator: its times are those of a CPU and say nothing of a GPU's.");
        output.WriteLine("ms: between events before and after each launch, without the graph that a run uses.");
        int width = _facts.Keys.Select(kernel => kernel.Length).Append("kernel".Length).Max();
        foreach ((string loop, LaunchRecorder recorder) in recorded)
        {
            IReadOnlyList<LaunchRow> rows = recorder.Rows;
            double total = rows.Sum(row => row.Milliseconds);
            output.WriteLine(Line($"\n{loop}: {total / rounds:0.000} ms in kernels"));
            output.WriteLine($"{"kernel".PadRight(width)}  {"blocks",8} {"threads",7} {"calls",7} {"ms",9} {"share",7}");
            foreach (LaunchRow row in rows)
                output.WriteLine(Line($"{row.Kernel.PadRight(width)}  {row.Blocks,8} {row.ThreadsPerBlock,7} {(double)row.Launches / rounds,7:0.##} {row.Milliseconds / rounds,9:0.000} {Share(row.Milliseconds, total),7:0.0%}"));
        }

        output.WriteLine("\nFrom the PTX, where an instruction in a loop counts once; registers and shared memory from the driver's compiler.");
        output.WriteLine($"{"kernel".PadRight(width)}  {"registers",9} {"shared B",8} {"local B",7} {"instr.",7} {"fma",6} {"mma",5} {"global",6} {"shared",6} {"barrier",7} {"branch",6} {"flop/B",7}");
        foreach ((string kernel, KernelFacts facts) in _facts)
        {
            PtxInstructionMix mix = facts.Mix;
            output.WriteLine(Line(
                $"{kernel.PadRight(width)}  {facts.Registers,9} {facts.SharedBytes,8} {facts.LocalBytes,7} {mix.Instructions,7} {mix.FusedMultiplyAdds,6} {mix.MatrixInstructions,5} {mix.GlobalAccesses,6} {mix.SharedAccesses,6} {mix.Barriers,7} {mix.Branches,6} {mix.ArithmeticIntensity,7:0.00}"));
        }

        if (EmulatorReport.Read(device.Ordinal) is { } report)
            CounterTable.Write(report, output);
    }

    /// <summary>The same for machines.</summary>
    public object Result() => new
    {
        device = device.Description,
        emulator = device.Facts.IsEmulator,
        counters = EmulatorReport.Read(device.Ordinal) is { } report ? JsonSerializer.Deserialize<JsonElement>(report) : (JsonElement?)null,
        rounds,
        loops = recorded.Select(loop => new
        {
            name = loop.Loop,
            seconds = loop.Recorder.Seconds / rounds,
            kernels = loop.Recorder.Rows.Select(row => new
            {
                kernel = row.Kernel, blocks = row.Blocks, threads_per_block = row.ThreadsPerBlock, calls = (double)row.Launches / rounds, seconds = row.Milliseconds / 1e3 / rounds,
            }),
        }),
        kernels = _facts.Select(entry => new
        {
            kernel = entry.Key, registers = entry.Value.Registers, shared_bytes = entry.Value.SharedBytes, local_bytes = entry.Value.LocalBytes,
            instructions = entry.Value.Mix.Instructions, fma = entry.Value.Mix.FusedMultiplyAdds, mma = entry.Value.Mix.MatrixInstructions,
            global_accesses = entry.Value.Mix.GlobalAccesses, shared_accesses = entry.Value.Mix.SharedAccesses, barriers = entry.Value.Mix.Barriers,
            branches = entry.Value.Mix.Branches, flops_per_byte = entry.Value.Mix.ArithmeticIntensity,
        }),
    };

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
