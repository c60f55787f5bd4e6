using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;
using Xunit;
using static DdmNative.CudaEmulator.Tests.Counters.Program;

namespace DdmNative.CudaEmulator.Tests.Checks;

public class DefiniteAssignmentTests
{
    [Fact]
    public void Registers_written_on_every_path_are_not_tracked() =>
        // 0 set r1; 1 branch to 4 if r1; 2 set r0; 3 branch 5; 4 set r0; 5 add
        Assert.Empty(DefiniteAssignment.MaybeUnwritten(
        Function(2, Set(1), Branch(4, 1), Set(0), Branch(5), Set(0), Add(1, 0, 1), Return())));

    [Fact]
    public void A_register_written_on_only_one_path_is_tracked() =>
        Assert.Equal([0], DefiniteAssignment.MaybeUnwritten(Function(2, Set(1), Branch(3, 1), Set(0), Add(1, 0, 1), Return())));

    [Fact]
    public void A_guarded_write_is_not_a_definite_write() =>
        Assert.Equal([0], DefiniteAssignment.MaybeUnwritten(Function(2, Set(1), Set(0, guard: 1), Add(1, 0, 1), Return())));

    [Fact]
    public void A_register_written_at_the_end_of_a_loop_is_unwritten_in_the_first_iteration() =>
        Assert.Equal([0], DefiniteAssignment.MaybeUnwritten(Function(2, Set(1), Add(1, 0, 1), Set(0), Branch(1, 1), Return())));

    [Fact]
    public void A_branch_back_to_the_first_instruction_does_not_hide_an_unwritten_register() =>
        Assert.Equal([0, 1], DefiniteAssignment.MaybeUnwritten(Function(2, Add(1, 0, 1), Set(0), Branch(0, 1), Return())).Order());

    [Fact]
    public void Addresses_and_stored_values_are_read_and_loaded_values_written()
    {
        PtxInstruction store = Do(PtxOpcode.St, new(), new PtxAddress(Register(0), null, 4),
            new PtxVectorOperand([Register(1), Register(2)]));
        PtxInstruction load = Do(PtxOpcode.Ld, new(), new PtxVectorOperand([Register(3), Register(4)]),
            new PtxAddress(Register(0), null, 0));
        Assert.Equal([0, 1, 2], RegisterUse.Reads(store));
        Assert.Empty(RegisterUse.Writes(store));
        Assert.Equal([0], RegisterUse.Reads(load));
        Assert.Equal([3, 4], RegisterUse.Writes(load));
    }
}
