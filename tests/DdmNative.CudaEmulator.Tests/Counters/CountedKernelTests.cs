using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Counters;

/// <summary>Small kernels whose counters can be computed by hand.</summary>
public class CountedKernelTests
{
    [Fact]
    public void A_copy_by_rows_moves_the_minimum()
    {
        KernelCounters kernel = Count(64, """
            ld.global.f32 %f1, [%rd3];
            st.global.f32 [%rd4], %f1;
            """);
        Assert.Equal(new GlobalAccess(2, 8, 8, 2, 256), kernel.Totals.GlobalLoads);
        Assert.Equal(new GlobalAccess(2, 8, 8, 2, 256), kernel.Totals.GlobalStores);
        Assert.Equal((512, 512, 1.0), (kernel.LeastBytes, kernel.Totals.MovedBytes, kernel.MovedOverLeast));
        Assert.Equal(1, kernel.Totals.IdealRequestShare);
    }

    [Fact]
    public void A_load_with_stride_2_takes_twice_the_sectors()
    {
        KernelCounters kernel = Count(32, """
            add.s64 %rd3, %rd3, %rd2;
            ld.global.f32 %f1, [%rd3];
            """);
        Assert.Equal(new GlobalAccess(1, 8, 4, 0, 128), kernel.Totals.GlobalLoads);
        Assert.Equal(256, kernel.LeastBytes);
    }

    [Fact]
    public void Reading_one_row_twice_moves_twice_the_minimum()
    {
        KernelCounters kernel = Count(32, """
            ld.global.f32 %f1, [%rd3];
            ld.global.f32 %f2, [%rd3];
            """);
        Assert.Equal((256L, 128L, 2.0), (kernel.Totals.MovedBytes, kernel.LeastBytes, kernel.MovedOverLeast));
    }

    [Fact]
    public void A_row_that_starts_within_a_sector_takes_one_more()
    {
        KernelCounters kernel = Count(32, "ld.global.f32 %f1, [%rd3+4];");
        Assert.Equal(new GlobalAccess(1, 5, 4, 0, 128), kernel.Totals.GlobalLoads);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(3, 8)]
    public void Words_of_one_bank_take_one_wavefront_each(int shift, int wavefronts)
    {
        KernelCounters kernel = Count(32, $"""
            shl.b32 %r3, %r0, {2 + shift};
            add.s32 %r3, %r1, %r3;
            st.shared.u32 [%r3], %r0;
            """);
        Assert.Equal(new SharedAccess(1, wavefronts, 1, wavefronts - 1, wavefronts == 1 ? 1 : 0), kernel.Totals.SharedStores);
        Assert.Equal(wavefronts - 1, kernel.Totals.BankConflicts);
    }

    [Fact]
    public void Four_floats_at_once_take_four_wavefronts_without_a_conflict()
    {
        KernelCounters kernel = Count(32, """
            shl.b32 %r3, %r0, 4;
            add.s32 %r3, %r1, %r3;
            st.shared.v4.u32 [%r3], {%r0, %r0, %r0, %r0};
            """);
        Assert.Equal(new SharedAccess(1, 4, 4, 0, 1), kernel.Totals.SharedStores);
    }

    [Fact]
    public void A_branch_is_divergent_only_if_it_splits_the_warp()
    {
        KernelCounters kernel = Count(64, """
            setp.lt.u32 %p1, %r0, 16;
            @%p1 bra LEFT;
            add.u32 %r3, %r0, 1;
            add.u32 %r3, %r0, 2;
            LEFT:
            add.u32 %r3, %r0, 3;
            """);
        Assert.Equal((2, 1), (kernel.Totals.Branches, kernel.Totals.DivergentBranches));
        // Half of the first warp's lanes execute its two additions; only lanes that take a branch count for it: 16 and 0.
        Assert.Equal(Overhead(64) + 2 * 5, kernel.Totals.WarpInstructions);
        Assert.Equal(32 * (Overhead(64) + 10) - 32 - 48, kernel.Totals.LaneInstructions);
    }

    [Fact]
    public void A_guarded_instruction_counts_the_lanes_whose_predicate_is_true()
    {
        KernelCounters kernel = Count(32, """
            setp.lt.u32 %p1, %r0, 20;
            @%p1 add.u32 %r3, %r0, 1;
            """);
        Assert.Equal(32 * (Overhead(32) + 2) - 12, kernel.Totals.LaneInstructions);
        Assert.Equal(0, kernel.Totals.DivergentBranches);
    }

    [Fact]
    public void A_loop_is_counted_separately()
    {
        KernelCounters kernel = Count(32, """
            mov.f32 %f1, 0f3F800000;
            mov.u32 %r3, 0;
            LOOP:
            fma.rn.f32 %f1, %f1, %f1, %f1;
            fma.rn.f32 %f2, %f1, %f1, %f1;
            add.u32 %r3, %r3, 1;
            setp.lt.u32 %p1, %r3, 10;
            @%p1 bra LOOP;
            """);
        Assert.Equal((50, 20), (kernel.MainLoop!.Totals.WarpInstructions, kernel.MainLoop.Totals.Classes["Fma"].Warps));
        Assert.Equal(0.4, kernel.MainLoop.Totals.FmaShare, 12);
        Assert.Equal((10, 0), (kernel.MainLoop.Totals.Branches, kernel.MainLoop.Totals.DivergentBranches));
        Assert.Equal(20.0 / (Overhead(32) + 52), kernel.Totals.FmaShare, 12);
        Assert.Equal(20 * 32 * 2, kernel.Totals.Work.Fp32);
    }

    [Fact]
    public void Atomics_and_barriers_are_counted()
    {
        KernelCounters kernel = Count(64, """
            setp.eq.u32 %p1, %r0, 0;
            @%p1 st.shared.u32 [%r1], 0;
            bar.sync 0;
            red.shared.add.u32 [%r1], 1;
            red.global.add.u32 [%rd1], 1;
            bar.sync 0;
            bar.warp.sync -1;
            """);
        Assert.Equal((4, 2), (kernel.Totals.Barriers, kernel.Totals.WarpBarriers));
        Assert.Equal(2, kernel.Totals.SharedAtomics.Requests);
        Assert.Equal(new GlobalAccess(2, 2, 2, 2, 256), kernel.Totals.GlobalAtomics);
        Assert.Equal(4, kernel.Totals.Classes["Atomic"].Warps);
    }

    [Fact]
    public void An_asynchronous_copy_loads_from_one_memory_and_stores_to_the_other()
    {
        KernelCounters kernel = Count(32, """
            cp.async.ca.shared.global [%r2], [%rd3], 4;
            cp.async.wait_all;
            """);
        Assert.Equal(new GlobalAccess(1, 4, 4, 1, 128), kernel.Totals.GlobalLoads);
        Assert.Equal(new SharedAccess(1, 1, 1, 0, 1), kernel.Totals.SharedStores);
    }

    [Fact]
    public void A_matrix_instruction_counts_once_with_all_its_products()
    {
        KernelCounters kernel = Count(32, """
            mov.f32 %f1, 0f3F800000;
            mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%f4, %f5, %f6, %f7}, {%r0, %r0, %r0, %r0}, {%r0, %r0}, {%f1, %f1, %f1, %f1};
            """);
        Assert.Equal(1, kernel.Totals.MatrixInstructions);
        Assert.Equal(2 * 16 * 8 * 8, kernel.Totals.Work.MatrixTf32);
    }

    [Fact]
    public void Each_line_that_accesses_memory_or_splits_a_warp_has_its_own_cost()
    {
        KernelCounters kernel = Count(32, """
            ld.global.f32 %f1, [%rd3];
            ld.global.f32 %f2, [%rd3+4];
            setp.lt.u32 %p1, %r0, 16;
            @%p1 bra LEFT;
            shl.b32 %r3, %r0, 3;
            add.s32 %r3, %r1, %r3;
            st.shared.u32 [%r3], %r0;
            LEFT:
            """);
        Assert.Equal(4, kernel.Lines.Count);
        Assert.Equal((new GlobalAccess(1, 4, 4, 1, 128), null, 0L),
            (kernel.Lines[0].Global, kernel.Lines[0].Shared, kernel.Lines[0].DivergentBranches));
        Assert.Equal((new GlobalAccess(1, 5, 4, 0, 128), kernel.Lines[0].Line + 1), (kernel.Lines[1].Global, kernel.Lines[1].Line));
        Assert.Equal(1, kernel.Lines[2].DivergentBranches);
        // Lanes 16 to 31 write every other word: 16 words in 16 banks.
        Assert.Equal((null, new SharedAccess(1, 1, 1, 0, 1)), (kernel.Lines[3].Global, kernel.Lines[3].Shared));
    }

    [Fact]
    public void An_asynchronous_copy_of_nothing_writes_zeros_and_requests_no_sector()
    {
        KernelCounters kernel = Count(32, """
            shl.b32 %r3, %r0, 4;
            add.s32 %r3, %r1, %r3;
            add.s64 %rd3, %rd3, %rd2;
            add.s64 %rd3, %rd3, %rd2;
            add.s64 %rd3, %rd3, %rd2;
            setp.lt.u32 %p1, %r0, 8;
            selp.b32 %r4, 16, 0, %p1;
            cp.async.cg.shared.global [%r3], [%rd3], 16, %r4;
            cp.async.wait_all;
            """);
        // Eight lanes read 16 adjacent bytes each; all 32 write to shared memory.
        Assert.Equal(new GlobalAccess(1, 4, 4, 1, 128), kernel.Totals.GlobalLoads);
        Assert.Equal(new SharedAccess(1, 4, 4, 0, 1), kernel.Totals.SharedStores);
    }

    [Fact]
    public void Launches_are_summed_and_kept_individually_if_requested()
    {
        CounterReport report = Run(32, "ld.global.f32 %f1, [%rd3];", launches: 3, keptLaunches: 2);
        Assert.Equal((3, 3L), (report.Kernels[0].Launches, report.Kernels[0].Totals.GlobalLoads.Requests));
        Assert.Equal([1L, 1L], report.Launches.Select(launch => launch.Totals.GlobalLoads.Requests));
    }

    [Fact]
    public void Blocks_on_several_host_threads_are_counted_as_on_one()
    {
        const string Body = "ld.global.f32 %f1, [%rd3];";
        CounterTotals one = Run(96, Body, blocks: 40, hostThreads: 1).Kernels[0].Totals,
            four = Run(96, Body, blocks: 40, hostThreads: 4).Kernels[0].Totals;
        Assert.Equal(120, one.GlobalLoads.Requests);
        Assert.Equal(one.GlobalLoads, four.GlobalLoads);
        Assert.Equal((one.WarpInstructions, one.LaneInstructions), (four.WarpInstructions, four.LaneInstructions));
    }

    /// <summary>Instructions that every warp executes around the body.</summary>
    private static int Overhead(int threads) => 12 * ((threads + 31) / 32);

    private static KernelCounters Count(int threads, string body) => Assert.Single(Run(threads, body).Kernels);

    private static CounterReport Run(int threads, string body, int launches = 1, int keptLaunches = 0, int blocks = 1, int hostThreads = 1)
    {
        string text = $$"""
            .version 7.8
            .target sm_80
            .address_size 64
            .visible .entry counted(.param .u64 counted_output, .param .u64 counted_input)
            {
                .reg .pred %p<4>;
                .reg .b32 %r<16>;
                .reg .f32 %f<8>;
                .reg .b64 %rd<8>;
                .shared .align 16 .b8 tile[4096];
                mov.u32 %r0, %tid.x;
                ld.param.u64 %rd0, [counted_output];
                ld.param.u64 %rd1, [counted_input];
                cvta.to.global.u64 %rd0, %rd0;
                cvta.to.global.u64 %rd1, %rd1;
                mul.wide.u32 %rd2, %r0, 4;
                add.s64 %rd3, %rd1, %rd2;
                add.s64 %rd4, %rd0, %rd2;
                mov.u32 %r1, tile;
                shl.b32 %r2, %r0, 2;
                add.s32 %r2, %r1, %r2;
            {{body}}
                ret;
            }

            """;
        using EmulatedDevice device = new(new EmulatorOptions { HostThreads = hostThreads, KeptLaunches = keptLaunches });
        ulong output = device.Allocate(4096), input = device.Allocate(4096);
        device.Fill(input, 0, 4, 1024);
        LoadedKernel kernel = device.Load(PtxParser.Parse(text)).FindKernel("counted")!;
        byte[] parameters = [.. BitConverter.GetBytes(output), .. BitConverter.GetBytes(input)];
        for (int i = 0; i < launches; i++)
            device.Launch(kernel, new Dim3((uint)blocks, 1, 1), new Dim3((uint)threads, 1, 1), 0, parameters);
        return device.Counters;
    }
}
