using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;
using Xunit;
using static DdmNative.CudaEmulator.Tests.Counters.Program;

namespace DdmNative.CudaEmulator.Tests.Checks;

public class BlockWatchTests
{
    private const uint AllLanes = uint.MaxValue;
    private readonly byte[] _memory = new byte[1024];

    [Fact]
    public void A_race_is_reported_with_both_threads_and_the_variable()
    {
        BlockWatch watch = Watch();
        Assert.Null(watch.Write(0, 0, AllLanes, Row(512), 4, _memory));
        FaultReport report = watch.Read(1, 1, 1u << 4, Row(512), 4)!;
        Assert.Equal((FaultKind.SharedReadWriteRace, "kernel", new FaultIndex(7, 0, 0)), (report.Kind, report.Kernel, report.Block));
        Assert.Equal(new FaultIndex(4, 2, 0), report.Thread);
        Assert.Equal((new FaultIndex(4, 0, 0), 1), (report.Other!.Thread, report.Other.Place!.PtxLine));
        Assert.Equal("tile", report.Memory!.Allocation!.Name);
        Assert.Equal("16 bytes into the variable tile of 512 bytes at 0x200", report.Memory.Allocation.Relation(report.Memory.Address));
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    public void Two_warps_that_write_one_location_race_only_if_the_values_differ(byte second, bool races)
    {
        BlockWatch watch = Watch();
        Assert.Null(watch.Write(0, 0, 1, Row(512), 4, _memory));
        _memory[512] = 5;
        Assert.Null(watch.Write(0, 1, AllLanes, Row(512), 4, _memory));
        Assert.True(watch.HasSuspects);
        _memory[512] = second;
        FaultReport? report = watch.ReportSuspects(_memory);
        Assert.Equal(races ? FaultKind.SharedWriteWriteRace : null, report?.Kind);
        Assert.False(watch.HasSuspects);
    }

    [Theory]
    [InlineData(0x0000000fu, 0x0000000fu, null)]
    [InlineData(0x0000000fu, 0x00000007u, "leaves out lane 3")]
    [InlineData(0x0000000fu, 0x0000001fu, "names lane 4, which is elsewhere")]
    [InlineData(0x0000000fu, 0x8000000fu, "names lane 31, which has left")]
    public void The_mask_of_a_warp_barrier_must_name_the_lanes_that_arrive(uint executing, uint named, string? detail)
    {
        FaultReport? report = Watch().WarpMask(0, 0, executing, [.. Enumerable.Repeat(named, 32)], alive: 0x7fffffff);
        Assert.Equal(detail is null, report is null);
        Assert.Contains(detail ?? "", report?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Checks_that_are_off_find_nothing()
    {
        BlockWatch watch = Watch(FaultChecks.None);
        Assert.False(watch.WatchesShared);
        Assert.Null(watch.WarpMask(0, 0, 1, new uint[32], 1));
        Assert.Null(watch.Read(1, 0, AllLanes, Row(0), 4));
        Assert.Null(watch.Write(0, 1, AllLanes, Row(0), 4, _memory));
        Assert.Null(watch.Copy(0, 0, AllLanes, Row(0), 4));
        Assert.Null(watch.Read(1, 1, AllLanes, Row(0), 4));
    }

    private static BlockWatch Watch(FaultChecks checks = FaultChecks.All)
    {
        PtxInstruction[] code = [Named("st.shared.f32", 1), Named("ld.shared.f32", 2)];
        BlockWatch watch = new(checks, new([Function(0, code)], new Dictionary<int, string>()), new(16, 4, 1),
            [new("head", 0, 512), new("tile", 512, 512)], 4);
        watch.Begin(new(7, 0, 0), 1024);
        return watch;
    }

    private static PtxInstruction Named(string text, int line)
        => new() { Opcode = PtxOpcode.St, Modifiers = new(), Text = text, Line = line };

    private static ulong[] Row(ulong first) => [.. Enumerable.Range(0, 32).Select(lane => first + 4 * (ulong)lane)];
}
