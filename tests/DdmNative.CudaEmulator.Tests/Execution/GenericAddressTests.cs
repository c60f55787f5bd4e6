using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Execution;

/// <summary>
/// One access through generic addresses whose lanes are in different memories: lane 3 n in shared memory, 3 n + 1 on its own stack, 3 n + 2
/// in global memory.
/// </summary>
public class GenericAddressTests
{
    private const int Words = 4 * 32;

    /// <summary>
    /// 16 bytes of each lane: %rd14 is their generic address, and %rd11, %rd12 and %rd13 are those in global, shared and local memory.
    /// </summary>
    private const string Places = """
            .local .align 16 .b8 stack[16];
            mul.wide.u32 %rd10, %r4, 16;
            add.s64 %rd11, %rd0, %rd10;
            mov.u64 %rd12, tile;
            cvta.shared.u64 %rd12, %rd12;
            add.s64 %rd12, %rd12, %rd10;
            mov.u64 %rd13, stack;
            cvta.local.u64 %rd13, %rd13;
            rem.u32 %r5, %r4, 3;
            setp.eq.u32 %p1, %r5, 0;
            setp.eq.u32 %p2, %r5, 1;
            selp.b64 %rd14, %rd12, %rd11, %p1;
            selp.b64 %rd14, %rd13, %rd14, %p2;
            mul.lo.u32 %r10, %r4, 10;
            add.u32 %r11, %r10, 1;
            add.u32 %r12, %r10, 2;
            add.u32 %r13, %r10, 3;
            st.shared.v4.u32 [%r3+8192], {%r10, %r11, %r12, %r13};
            bar.sync 0;
        """;

    /// <summary>Fills each lane's 16 bytes, in its own memory by that memory's own instruction.</summary>
    private const string FillEach = """
            cvta.to.shared.u64 %rd22, %rd12;
            cvta.to.local.u64 %rd23, %rd13;
            @%p1 st.shared.v4.u32 [%rd22], {%r10, %r11, %r12, %r13};
            @%p2 st.local.v4.u32 [%rd23], {%r10, %r11, %r12, %r13};
            or.pred %p3, %p1, %p2;
            @!%p3 st.global.v4.u32 [%rd11], {%r10, %r11, %r12, %r13};
        """;

    /// <summary>Writes each lane's 16 bytes, read by that memory's own instruction, to the lane's row of the results.</summary>
    private const string ReadEach = """
            cvta.to.shared.u64 %rd22, %rd12;
            cvta.to.local.u64 %rd23, %rd13;
            @%p1 ld.shared.v4.u32 {%r20, %r21, %r22, %r23}, [%rd22];
            @%p2 ld.local.v4.u32 {%r20, %r21, %r22, %r23}, [%rd23];
            or.pred %p3, %p1, %p2;
            @!%p3 ld.global.v4.u32 {%r20, %r21, %r22, %r23}, [%rd11];
            st.global.v4.u32 [%rd11], {%r20, %r21, %r22, %r23};
        """;

    private const string StoreLoaded = "st.global.v4.u32 [%rd11], {%r20, %r21, %r22, %r23};";

    private static uint[] Filled => [.. Enumerable.Range(0, 32 * 4).Select(i => (uint)(10 * (i / 4) + i % 4))];

    [Theory]
    [InlineData("ld.v4.u32 {%r20, %r21, %r22, %r23}, [%rd14];")]
    [InlineData("ld.v2.u32 {%r20, %r21}, [%rd14]; ld.v2.u32 {%r22, %r23}, [%rd14+8];")]
    [InlineData("ld.u32 %r20, [%rd14]; ld.u32 %r21, [%rd14+4]; ld.volatile.u32 %r22, [%rd14+8]; ld.u32 %r23, [%rd14+12];")]
    [InlineData("ld.u64 %rd20, [%rd14]; ld.u64 %rd21, [%rd14+8]; mov.b64 {%r20, %r21}, %rd20; mov.b64 {%r22, %r23}, %rd21;")]
    [InlineData("atom.add.u32 %r20, [%rd14], 0; atom.or.b32 %r21, [%rd14+4], 0; ld.v2.u32 {%r22, %r23}, [%rd14+8];")]
    [InlineData("ld.v2.u32 {%r20, %r21}, [%rd14]; atom.max.u32 %r22, [%rd14+8], 0; atom.exch.b32 %r23, [%rd14+12], 0;")]
    public void A_load_gives_each_lane_the_value_in_its_memory(string load) =>
        Assert.Equal(Filled, LaneKernel.Results($"{Places}\n{FillEach}\n{load}\n{StoreLoaded}", Words));

    [Theory]
    [InlineData("st.v4.u32 [%rd14], {%r10, %r11, %r12, %r13};")]
    [InlineData("st.u32 [%rd14], %r10; st.u32 [%rd14+4], %r11; st.volatile.u32 [%rd14+8], %r12; st.u32 [%rd14+12], %r13;")]
    [InlineData("mov.b64 %rd20, {%r10, %r11}; st.u64 [%rd14], %rd20; st.v2.u32 [%rd14+8], {%r12, %r13};")]
    public void A_store_reaches_the_memory_of_each_lane(string store) =>
        Assert.Equal(Filled, LaneKernel.Results($"{Places}\n{store}\n{ReadEach}", Words));

    [Fact]
    public void An_atomic_addition_reaches_the_memory_of_each_lane() =>
        Assert.Equal(Filled.Select(value => value + 5), LaneKernel.Results(
            $"{Places}\n{FillEach}\n{AddFive(0)}\n{AddFive(4)}\n{AddFive(8)}\n{AddFive(12)}\n{ReadEach}", Words));

    [Fact]
    public void Half_of_a_warp_may_take_part() =>
        Assert.Equal(Filled.Select((value, i) => i / 4 < 16 ? value : 0), LaneKernel.Results(
            $"{Places}\n{FillEach}\nmov.u32 %r20, 0; mov.u32 %r21, 0; mov.u32 %r22, 0; mov.u32 %r23, 0;\n" +
            $"setp.lt.u32 %p4, %r4, 16;\n@%p4 ld.v4.u32 {{%r20, %r21, %r22, %r23}}, [%rd14];\n{StoreLoaded}", Words));

    [Fact]
    public void Each_memory_counts_the_lanes_that_access_it()
    {
        KernelCounters kernel = LaneKernel.Run($"{Places}\n{FillEach}\nld.v4.u32 {{%r20, %r21, %r22, %r23}}, [%rd14];", new uint[Words]);
        LineCounters line = kernel.Lines[^1];
        // Ten lanes of 16 bytes in global memory, three lanes apart and so in separate sectors.
        Assert.Equal((1L, 10L, 160L), (line.Global!.Requests, line.Global.Sectors, line.Global.Bytes));
        Assert.Equal(1, line.Shared!.Requests);
    }

    [Theory]
    [InlineData("selp.b64 %rd14, 4096, %rd14, %p5;", FaultKind.OutOfBounds)]
    [InlineData("selp.b64 %rd15, 16777200, 0, %p4; add.s64 %rd14, %rd14, %rd15;", FaultKind.OutOfBounds)]
    [InlineData("selp.b64 %rd15, 4, 0, %p6; add.s64 %rd14, %rd14, %rd15;", FaultKind.Misaligned)]
    public void A_lane_outside_of_its_memory_is_found_among_the_others(string spoils, FaultKind kind)
    {
        // Lanes 17, 18 and 19: global, shared and local.
        string chosen = "setp.eq.u32 %p5, %r4, 17;\nsetp.eq.u32 %p4, %r4, 18;\nsetp.eq.u32 %p6, %r4, 19;";
        uint lane = spoils.Contains("%p5", StringComparison.Ordinal) ? 17u : spoils.Contains("%p4", StringComparison.Ordinal) ? 18u : 19u;
        string body = $"{Places}\n{FillEach}\n{chosen}\n{spoils}\nld.v4.u32 {{%r20, %r21, %r22, %r23}}, [%rd14];";
        FaultReport report = Assert.Throws<EmulatorException>(() => LaneKernel.Results(body, Words)).Report!;
        Assert.Equal((kind, lane), (report.Kind, report.Thread.X));
    }

    [Fact]
    public void Two_warps_that_write_one_shared_location_race_even_if_other_lanes_write_elsewhere()
    {
        string body = $"{Places}\nst.u32 [%rd14], %r0;";
        FaultReport report = Assert.Throws<EmulatorException>(() => LaneKernel.Results(body, Words, threads: 64)).Report!;
        Assert.Equal(FaultKind.SharedWriteWriteRace, report.Kind);
    }

    private static string AddFive(int offset) => $"red.add.u32 [%rd14+{offset}], 5;";
}
