using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Tests.Execution;

/// <summary>
/// Runs PTX as the body of a kernel over two buffers of 32-bit words. The body has the thread's number in %r0, the block's in %r1, the
/// thread's number in the grid in %r2, the buffers in %rd0 (results) and %rd1 (sources), the addresses of the thread's own words in %rd2
/// and %rd3, and the address of 16 KiB of shared memory, <c>tile</c>, in %r3.
/// </summary>
internal static class LaneKernel
{
    /// <summary>Instructions before the body, and the return after it.</summary>
    public const int Overhead = 14;

    public static EmulatorOptions Options { get; } = new() { MemoryBytes = 64 << 20, HostThreads = 1, InstructionLimit = 1_000_000 };

    /// <summary>Runs the body once, with all checks.</summary>
    /// <param name="body">PTX.</param>
    /// <param name="results">The initial contents of the first buffer; overwritten by its contents after the launch.</param>
    /// <param name="sources">The contents of the second buffer; null for one word.</param>
    /// <param name="blocks">Blocks of the grid.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="module">PTX outside of the kernel.</param>
    /// <param name="options">Options of the device.</param>
    /// <returns>The counters.</returns>
    public static KernelCounters Run(string body, uint[] results, uint[]? sources = null, int blocks = 1, int threads = 32,
        string module = "", EmulatorOptions? options = null)
    {
        using EmulatedDevice device = new(options ?? Options);
        using LoadedModule loaded = device.Load(PtxParser.Parse(Text(body, module)));
        uint[] from = sources ?? [0];
        ulong output = device.Allocate((ulong)results.Length * 4), input = device.Allocate((ulong)from.Length * 4);
        device.CopyIn(output, MemoryMarshal.AsBytes<uint>(results));
        device.CopyIn(input, MemoryMarshal.AsBytes<uint>(from));
        byte[] parameters = [.. BitConverter.GetBytes(output), .. BitConverter.GetBytes(input)];
        device.Launch(loaded.FindKernel("run")!, new Dim3((uint)blocks, 1, 1), new Dim3((uint)threads, 1, 1), 0, parameters);
        device.CopyOut(MemoryMarshal.AsBytes(results.AsSpan()), output);
        return device.Counters.Kernels[0];
    }

    /// <summary>Returns only the results: the given number of words, initialised to zero.</summary>
    public static uint[] Results(string body, int words, uint[]? sources = null, int blocks = 1, int threads = 32, string module = "",
        EmulatorOptions? options = null)
    {
        uint[] results = new uint[words];
        Run(body, results, sources, blocks, threads, module, options);
        return results;
    }

    public static string Text(string body, string module = "") => $$"""
        .version 8.3
        .target sm_90
        .address_size 64
        {{module}}
        .visible .entry run(.param .u64 run_results, .param .u64 run_sources)
        {
            .reg .pred %p<16>;
            .reg .b16 %h<32>;
            .reg .b32 %r<96>;
            .reg .f32 %f<32>;
            .reg .b64 %rd<32>;
            .shared .align 16 .b8 tile[16384];
            ld.param.u64 %rd0, [run_results];
            ld.param.u64 %rd1, [run_sources];
            cvta.to.global.u64 %rd0, %rd0;
            cvta.to.global.u64 %rd1, %rd1;
            mov.u32 %r0, %tid.x;
            mov.u32 %r1, %ctaid.x;
            mov.u32 %r2, %ntid.x;
            mad.lo.u32 %r2, %r1, %r2, %r0;
            mov.u32 %r3, tile;
            mul.wide.u32 %rd2, %r2, 4;
            add.s64 %rd3, %rd1, %rd2;
            add.s64 %rd2, %rd0, %rd2;
            mov.u32 %r4, %laneid;
        {{body}}
            ret;
        }

        """;

    /// <summary>Splits 64-bit words into pairs of 32-bit words.</summary>
    public static uint[] Words(IEnumerable<ulong> values) => [.. values.SelectMany(value => new[] { (uint)value, (uint)(value >> 32) })];
}
