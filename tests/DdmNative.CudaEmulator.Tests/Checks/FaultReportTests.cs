using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Checks;

public class FaultReportTests
{
    [Fact]
    public void A_report_names_kernel_lines_block_thread_address_and_allocation()
    {
        FaultReport report = new(FaultKind.OutOfBounds, "sum_rows", new(41, "ld.global.f32", "/src/kernels/sum.cu", 17), new(2, 0, 1),
            new(33, 0, 0))
        {
            Memory = new(FaultAccess.Read, PtxSpace.Global, 0x7000_0400, 4, new(0x7000_0000, 1024, null, false)),
        };
        Assert.Equal(
            "out-of-bounds access in kernel sum_rows at PTX line 41 (ld.global.f32), sum.cu:17, block (2, 0, 1), thread (33, 0, 0)\n" +
            "  reads 4 bytes at global 0x70000400: 0 bytes past the end of the allocation of 1024 bytes at 0x70000000",
            report.Message);
    }

    [Fact]
    public void A_race_names_both_accesses_and_what_to_do()
    {
        FaultReport report = new(FaultKind.SharedReadWriteRace, "scan", new(9, "ld.shared.f32", null, 0), default, new(40, 0, 0))
        {
            Memory = new(FaultAccess.Read, PtxSpace.Shared, 0x84, 4, new(0x80, 64, "tile", false)),
            Other = new(FaultAccess.Write, new(1, 0, 0), new(7, "st.shared.f32", null, 0)),
        };
        Assert.Equal(
            "read-write race in shared memory in kernel scan at PTX line 9 (ld.shared.f32), block (0, 0, 0), thread (40, 0, 0)\n" +
            "  reads 4 bytes at shared 0x84: 4 bytes into the variable tile of 64 bytes at 0x80\n" +
            "  written before by thread (1, 0, 0) at PTX line 7 (st.shared.f32)\n" +
            "  order the two by __syncthreads(), or by __syncwarp() if both threads are in one warp",
            report.Message);
    }

    [Fact]
    public void The_position_of_an_address_is_relative_to_the_allocation()
    {
        FaultAllocation freed = new(0x1000, 16, null, true);
        Assert.Equal("8 bytes before the freed allocation of 16 bytes at 0x1000", freed.Relation(0xff8));
        Assert.Equal("3 bytes into the freed allocation of 16 bytes at 0x1000", freed.Relation(0x1003));
        Assert.Equal("2 bytes past the end of the freed allocation of 16 bytes at 0x1000", freed.Relation(0x1012));
    }

    [Fact]
    public void A_thread_index_is_derived_from_its_number() =>
        Assert.Equal(new FaultIndex(3, 1, 2), FaultIndex.FromNumber(3 + 8 * (1 + 4 * 2), 8, 4));

    [Theory]
    [InlineData("all", FaultChecks.All)]
    [InlineData("", FaultChecks.All)]
    [InlineData("none", FaultChecks.None)]
    [InlineData("races, async-copies", FaultChecks.Races | FaultChecks.AsyncCopies)]
    [InlineData("-warp-races", FaultChecks.All & ~FaultChecks.WarpRaces)]
    [InlineData("all,-uninitialised,uninitialised-shared",
        (FaultChecks.All & ~FaultChecks.Uninitialised) | FaultChecks.UninitialisedShared)]
    public void Checks_are_selected_by_words(string text, FaultChecks checks) => Assert.Equal(checks, FaultChecksText.Parse(text));

    [Fact]
    public void An_unknown_check_is_refused_with_the_valid_ones()
    {
        FormatException exception = Assert.Throws<FormatException>(() => FaultChecksText.Parse("races,speling"));
        Assert.Contains("'speling' is not a check", exception.Message, StringComparison.Ordinal);
        Assert.Contains("warp-races", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_of_fault_has_its_own_title()
    {
        FaultKind[] kinds = Enum.GetValues<FaultKind>();
        Assert.Equal(kinds.Length, kinds.Select(kind => kind.Title()).Distinct().Count());
    }
}
