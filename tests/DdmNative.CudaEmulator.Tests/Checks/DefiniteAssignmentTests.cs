using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;
using Xunit;
using static DdmNative.CudaEmulator.Tests.Counters.Program;

namespace DdmNative.CudaEmulator.Tests.Checks;

public class DefiniteAssignmentTests
{
    [Fact]
    public void Registers_written_on_every_path_need_no_watching() =>
        // 0 set r1; 1 branch to 4 if r1; 2 set r0; 3 branch 5; 4 set r0; 5 add
        Assert.Empty(DefiniteAssignment.MaybeUnwritten(Function(2, Set(1), Branch(4, 1), Set(0), Branch(5), Set(0), Add(1, 0, 1), Return())));

    [Fact]
    public void A_register_written_on_one_path_only_is_watched() =>
        Assert.Equal([0], DefiniteAssignment.MaybeUnwritten(Function(2, Set(1), Branch(3, 1), Set(0), Add(1, 0, 1), Return())));

    [Fact]
    public void Writing_under_a_guard_is_not_writing_for_certain() =>
        Assert.Equal([0], DefiniteAssignment.MaybeUnwritten(Function(2, Set(1), Set(0, guard: 1), Add(1, 0, 1), Return())));

    [Fact]
    public void What_a_loop_writes_at_its_end_is_missing_in_its_first_round() =>
        Assert.Equal([0], DefiniteAssignment.MaybeUnwritten(Function(2, Set(1), Add(1, 0, 1), Set(0), Branch(1, 1), Return())));

    [Fact]
    public void A_branch_back_to_the_first_instruction_does_not_hide_what_is_missing_there() =>
        Assert.Equal([0, 1], DefiniteAssignment.MaybeUnwritten(Function(2, Add(1, 0, 1), Set(0), Branch(0, 1), Return())).Order());

    [Fact]
    public void Addresses_and_stored_values_are_read_and_loaded_values_written()
    {
        PtxInstruction store = Do(PtxOpcode.St, new(), new PtxAddress(Register(0), null, 4), new PtxVectorOperand([Register(1), Register(2)]));
        PtxInstruction load = Do(PtxOpcode.Ld, new(), new PtxVectorOperand([Register(3), Register(4)]), new PtxAddress(Register(0), null, 0));
        Assert.Equal([0, 1, 2], RegisterUse.Reads(store));
        Assert.Empty(RegisterUse.Writes(store));
        Assert.Equal([0], RegisterUse.Reads(load));
        Assert.Equal([3, 4], RegisterUse.Writes(load));
    }
}
