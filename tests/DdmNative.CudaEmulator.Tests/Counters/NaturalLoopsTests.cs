using DdmNative.CudaEmulator.Counters;
using Xunit;
using static DdmNative.CudaEmulator.Tests.Counters.Program;

namespace DdmNative.CudaEmulator.Tests.Counters;

public class NaturalLoopsTests
{
    [Fact]
    public void Straight_code_has_no_loop() => Assert.Empty(NaturalLoops.Find(Function(1, Set(0), Return()).Instructions));

    [Fact]
    public void A_loop_extends_from_its_header_to_its_back_edge()
    {
        NaturalLoop loop = Assert.Single(
            NaturalLoops.Find(Function(2, Set(0), Set(1), Add(0, 0, 1), Branch(2, guard: 1), Return()).Instructions));
        Assert.Equal(2, loop.Header);
        Assert.Equal([2, 3], loop.Instructions);
        Assert.True(loop.IsInnermost);
    }

    [Fact]
    public void Of_nested_loops_only_the_inner_one_is_innermost()
    {
        // 0: set; 1: outer header; 2-3: inner loop; 4: outer branch; 5: ret
        IReadOnlyList<NaturalLoop> loops = NaturalLoops.Find(
            Function(2, Set(1), Set(0), Add(0, 0, 1), Branch(2, 1), Branch(1, 1), Return()).Instructions);
        Assert.Equal([(1, false), (2, true)], loops.Select(loop => (loop.Header, loop.IsInnermost)));
        Assert.Equal([1, 2, 3, 4], loops[0].Instructions);
        Assert.Equal([2, 3], loops[1].Instructions);
    }

    [Fact]
    public void Both_branches_of_a_condition_belong_to_the_loop_but_its_exit_does_not()
    {
        // 0 set; 1 header: branch to 4; 2 add; 3 branch 5; 4 add; 5 branch to 7 (leave); 6 branch 1; 7 ret
        IReadOnlyList<NaturalLoop> loops = NaturalLoops.Find(
            Function(2, Set(1), Branch(4, 1), Add(0, 0, 1), Branch(5), Add(0, 0, 1), Branch(7, 1), Branch(1), Return()).Instructions);
        Assert.Equal([1, 2, 3, 4, 5, 6], Assert.Single(loops).Instructions);
    }
}
