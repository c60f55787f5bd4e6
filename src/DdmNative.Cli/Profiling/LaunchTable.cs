using System.Globalization;
using System.Text.Json;
using DdmNative.Compute.Cuda;
using DdmNative.Compute.Cuda.Driver;
using DdmNative.Compute.Cuda.Modules;
using DdmNative.Compute.Cuda.Plans;

namespace DdmNative.Cli.Profiling;

/// <summary>The launches of one loop.</summary>
/// <param name="Loop">Its name.</param>
/// <param name="Recorder">All launches of the rounds, timed by events.</param>
/// <param name="Replays">One round timed by replays; null if there were none.</param>
internal sealed record LaunchedLoop(string Loop, LaunchRecorder Recorder, ReplayTimer? Replays)
{
    /// <summary>The time of a row's kernel in one round by replays, in milliseconds; null if it was not replayed.</summary>
    public double? ReplayedMilliseconds(LaunchRow row)
        => Replays?.Kernels
            .FirstOrDefault(kernel => kernel.Kernel == row.Kernel && kernel.Blocks == row.Blocks
                && kernel.ThreadsPerBlock == row.ThreadsPerBlock)
            ?.Milliseconds;
}

/// <summary>Writes the launches of a CUDA device by loop, and static facts about their kernels.</summary>
internal sealed class LaunchTable(CudaDevice device, IReadOnlyList<LaunchedLoop> recorded)
{
    private readonly SortedDictionary<string, KernelFacts> _facts = new(
        recorded.SelectMany(loop => loop.Recorder.Rows).Select(row => row.Kernel).Distinct().ToDictionary(kernel => kernel, device.FactsOf),
        StringComparer.Ordinal);

    public void Write(TextWriter output)
    {
        output.WriteLine($"{device.Name}: {device.Description}.");
        if (device.Facts.IsEmulator)
            output.WriteLine("This is an emulator: its times are those of a CPU, and do not predict a GPU's.");
        bool replays = recorded.Any(loop => loop.Replays is not null);
        output.WriteLine("ms: the median of the rounds; min and max: the shortest and the longest round; "
            + "between events before and after each launch, without the graph that a run uses." + (replays
            ? " They include the launch overhead of some microseconds." : ""));
        if (replays)
            output.WriteLine("replay: ms of the same launches in a graph that contains each many times, without launch overhead; what a " +
                "kernel reads may come from the cache. The shares refer to these times.");
        int width = _facts.Keys.Select(kernel => kernel.Length).Append("kernel".Length).Max();
        foreach (LaunchedLoop loop in recorded)
            WriteLoop(output, loop, width);

        output.WriteLine("\nFrom the PTX, where an instruction in a loop counts once; registers and shared memory are reported by the "
            + "driver's compiler.");
        if (_facts.Values.Any(facts => facts.Mix is null))
            output.WriteLine("-: the kernel was loaded from a cubin, which contains no PTX.");
        output.WriteLine($"{"kernel".PadRight(width)}  {"registers",9} {"shared B",8} {"local B",7} {"instr.",7} {"fma",6} {"mma",5} "
            + $"{"global",6} {"shared",6} {"barrier",7} {"branch",6} {"flop/B",7}");
        foreach ((string kernel, KernelFacts facts) in _facts)
            output.WriteLine(Line($"{kernel.PadRight(width)}  {facts.Registers,9} {facts.SharedBytes,8} {facts.LocalBytes,7} ")
                + MixColumns(facts.Mix));

        IReadOnlyList<LoadedModule> modules = device.LoadedModules;
        (double megabytes, double seconds) = (modules.Sum(module => module.Bytes) / 1e6, modules.Sum(module => module.Time.TotalSeconds));
        output.WriteLine(Line($"\nLoaded when first used: {modules.Count} modules, {megabytes:0.00} MB, in {seconds:0.00} s."));
        if (EmulatorReport.Read(device.Ordinal) is { } report)
            CounterTable.Write(report, output);
    }

    private static void WriteLoop(TextWriter output, LaunchedLoop loop, int width)
    {
        IReadOnlyList<LaunchRow> rows = loop.Recorder.Rows;
        int rounds = loop.Recorder.Rounds;
        double total = rows.Sum(row => row.Milliseconds) / rounds;
        output.Write(Line($"\n{loop.Loop}: {total:0.000} ms in kernels"));
        if (loop.Replays is { } replays)
        {
            total = rows.Sum(row => loop.ReplayedMilliseconds(row) ?? 0);
            output.Write(Line($", {total:0.000} ms by replays; a round takes {replays.GraphMilliseconds:0.000} ms as graphs, ") +
                Line($"{replays.PlainMilliseconds:0.000} ms by plain launches, of which {replays.LaunchShare:0%} is launching"));
        }

        output.WriteLine(Line($"; {rounds} round{(rounds == 1 ? "" : "s")}"));
        string replay = loop.Replays is null ? "" : $" {"replay",9}";
        output.WriteLine($"{"kernel".PadRight(width)}  {"blocks",8} {"threads",7} {"calls",7} {"ms",9} {"min",9} {"max",9}{replay} "
            + $"{"share",7}");
        foreach (LaunchRow row in rows)
        {
            double? replayed = loop.ReplayedMilliseconds(row);
            replay = loop.Replays is null ? "" : replayed is null ? $" {"-",9}" : Line($" {replayed,9:0.0000}");
            double share = Share(loop.Replays is null ? row.Milliseconds / rounds : replayed ?? 0, total);
            output.WriteLine(Line($"{row.Kernel.PadRight(width)}  {row.Blocks,8} {row.ThreadsPerBlock,7} ") +
                Line($"{(double)row.Launches / rounds,7:0.##} {row.Rounds.Median * 1e3,9:0.000} {row.Rounds.Least * 1e3,9:0.000} ")
                + Line($"{row.Rounds.Most * 1e3,9:0.000}{replay} {share,7:0.0%}"));
        }
    }

    /// <summary>The same for machines.</summary>
    public object Result() => new
    {
        device = device.Description,
        emulator = device.Facts.IsEmulator,
        counters = EmulatorReport.Read(device.Ordinal) is { } report ? JsonSerializer.Deserialize<JsonElement>(report) : (JsonElement?)null,
        loops = recorded.Select(loop => new
        {
            name = loop.Loop,
            rounds = loop.Recorder.Rounds,
            seconds = loop.Recorder.Seconds / loop.Recorder.Rounds,
            seconds_min = loop.Recorder.Times.Least,
            seconds_median = loop.Recorder.Times.Median,
            seconds_max = loop.Recorder.Times.Most,
            graph_seconds = loop.Replays?.GraphMilliseconds / 1e3,
            plain_seconds = loop.Replays?.PlainMilliseconds / 1e3,
            launch_share = loop.Replays?.LaunchShare,
            kernels = loop.Recorder.Rows.Select(row => new
            {
                kernel = row.Kernel, blocks = row.Blocks, threads_per_block = row.ThreadsPerBlock,
                calls = (double)row.Launches / loop.Recorder.Rounds, seconds = row.Milliseconds / 1e3 / loop.Recorder.Rounds,
                seconds_min = row.Rounds.Least, seconds_median = row.Rounds.Median, seconds_max = row.Rounds.Most,
                replay_seconds = loop.ReplayedMilliseconds(row) / 1e3,
            }),
        }),
        kernels = _facts.Select(entry => KernelResult(entry.Key, entry.Value)),
        modules = device.LoadedModules.Select(module => new
        {
            module = module.Name, bytes = module.Bytes, cubin = module.IsCubin, seconds = module.Time.TotalSeconds,
        }),
    };

    /// <summary>The columns from <c>instr.</c> to <c>flop/B</c>; dashes for a kernel without PTX.</summary>
    internal static string MixColumns(PtxInstructionMix? mix) => mix is null
        ? $"{"-",7} {"-",6} {"-",5} {"-",6} {"-",6} {"-",7} {"-",6} {"-",7}"
        : Line($"{mix.Instructions,7} {mix.FusedMultiplyAdds,6} {mix.MatrixInstructions,5} {mix.GlobalAccesses,6} ") +
            Line($"{mix.SharedAccesses,6} {mix.Barriers,7} {mix.Branches,6} {mix.ArithmeticIntensity,7:0.00}");

    /// <summary>The static facts about a kernel, for machines; null for those that a kernel without PTX does not provide.</summary>
    internal static object KernelResult(string kernel, KernelFacts facts) => new
    {
        kernel, registers = facts.Registers, shared_bytes = facts.SharedBytes, local_bytes = facts.LocalBytes,
        instructions = facts.Mix?.Instructions, fma = facts.Mix?.FusedMultiplyAdds, mma = facts.Mix?.MatrixInstructions,
        global_accesses = facts.Mix?.GlobalAccesses, shared_accesses = facts.Mix?.SharedAccesses, barriers = facts.Mix?.Barriers,
        branches = facts.Mix?.Branches, flops_per_byte = facts.Mix?.ArithmeticIntensity,
    };

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
