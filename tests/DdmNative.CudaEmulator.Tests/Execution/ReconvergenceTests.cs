using System.Numerics;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Execution;

/// <summary>Where the lanes of a warp diverge and join: <c>activemask</c> shows which lanes are together.</summary>
public class ReconvergenceTests
{
    [Fact]
    public void Both_paths_of_a_branch_join_after_it()
    {
        uint[] found = LaneKernel.Results("""
            setp.lt.u32 %p1, %r4, 10;
            @%p1 bra LEFT;
            activemask.b32 %r10;
            bra BOTH;
            LEFT:
            activemask.b32 %r10;
            BOTH:
            activemask.b32 %r11;
            st.global.u32 [%rd2], %r10;
            st.global.u32 [%rd2+128], %r11;
            """, 64);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => lane < 10 ? 0x3ffu : 0xfffffc00), found[..32]);
        Assert.All(found[32..], mask => Assert.Equal(uint.MaxValue, mask));
    }

    [Fact]
    public void Nested_branches_join_from_the_inside_out()
    {
        uint[] found = LaneKernel.Results("""
            and.b32 %r10, %r4, 1;
            and.b32 %r11, %r4, 2;
            setp.eq.u32 %p1, %r10, 0;
            setp.eq.u32 %p2, %r11, 0;
            @%p1 bra EVEN;
            mov.u32 %r12, 0;
            activemask.b32 %r13;
            mov.u32 %r14, %r13;
            bra BOTH;
            EVEN:
            @%p2 bra FOURTH;
            activemask.b32 %r12;
            bra EVENS;
            FOURTH:
            activemask.b32 %r12;
            EVENS:
            activemask.b32 %r13;
            mov.u32 %r14, 0;
            BOTH:
            activemask.b32 %r15;
            st.global.u32 [%rd2], %r12;
            st.global.u32 [%rd2+128], %r13;
            st.global.u32 [%rd2+256], %r15;
            """, 96);
        for (int lane = 0; lane < 32; lane++)
        {
            Assert.Equal(lane % 2 != 0 ? 0 : lane % 4 == 0 ? 0x11111111u : 0x44444444u, found[lane]);
            Assert.Equal(lane % 2 != 0 ? 0xaaaaaaaau : 0x55555555u, found[32 + lane]);
            Assert.Equal(uint.MaxValue, found[64 + lane]);
        }
    }

    [Fact]
    public void A_loop_runs_as_long_as_its_longest_lane_and_then_all_lanes_join()
    {
        uint[] results = new uint[64];
        KernelCounters kernel = LaneKernel.Run("""
            mov.u32 %r10, 0;
            mov.u32 %r11, 0;
            LOOP:
            add.u32 %r10, %r10, 1;
            activemask.b32 %r12;
            popc.b32 %r12, %r12;
            add.u32 %r11, %r11, %r12;
            setp.le.u32 %p1, %r10, %r4;
            @%p1 bra LOOP;
            activemask.b32 %r13;
            st.global.u32 [%rd2], %r11;
            st.global.u32 [%rd2+128], %r13;
            """, results);
        // In iteration k (from 0) lanes k to 31 take part; lane i executes iterations 0 to i.
        for (int lane = 0; lane < 32; lane++)
            Assert.Equal(Enumerable.Range(0, lane + 1).Sum(round => 32 - round), (int)results[lane]);
        Assert.All(results[32..], mask => Assert.Equal(uint.MaxValue, mask));
        Assert.Equal(6 * 32, kernel.MainLoop!.Totals.WarpInstructions);
        // A lane that leaves the loop does not take the branch: 32·33/2 iterations of six, less one for each lane.
        Assert.Equal(6 * 32 * 33 / 2 - 32, kernel.MainLoop.Totals.LaneInstructions);
        Assert.Equal((32, 31), (kernel.MainLoop.Totals.Branches, kernel.MainLoop.Totals.DivergentBranches));
    }

    [Fact]
    public void Nested_loops_with_a_break_count_each_lanes_work()
    {
        // for (i = 0; i < lane; i++) { for (j = 0; j < i; j++) { if (j == 5) break; sum += j; } sum += 100; }
        uint[] found = LaneKernel.Results("""
            mov.u32 %r10, 0;
            mov.u32 %r11, 0;
            OUTER:
            setp.ge.u32 %p1, %r10, %r4;
            @%p1 bra END;
            mov.u32 %r12, 0;
            INNER:
            setp.ge.u32 %p2, %r12, %r10;
            @%p2 bra NEXT;
            setp.eq.u32 %p3, %r12, 5;
            @%p3 bra NEXT;
            add.u32 %r11, %r11, %r12;
            add.u32 %r12, %r12, 1;
            bra INNER;
            NEXT:
            add.u32 %r11, %r11, 100;
            add.u32 %r10, %r10, 1;
            bra OUTER;
            END:
            activemask.b32 %r13;
            st.global.u32 [%rd2], %r11;
            st.global.u32 [%rd2+128], %r13;
            """, 64);
        for (int lane = 0; lane < 32; lane++)
            Assert.Equal(Enumerable.Range(0, lane).Sum(i => 100 + Enumerable.Range(0, Math.Min(i, 5)).Sum()), (int)found[lane]);
        Assert.All(found[32..], mask => Assert.Equal(uint.MaxValue, mask));
    }

    [Fact]
    public void Lanes_that_exit_early_are_gone_and_the_others_continue()
    {
        uint[] found = LaneKernel.Results("""
            setp.lt.u32 %p1, %r4, 8;
            @%p1 exit;
            setp.lt.u32 %p1, %r4, 20;
            @%p1 bra SOME;
            bra BOTH;
            SOME:
            setp.lt.u32 %p2, %r4, 12;
            @%p2 ret;
            BOTH:
            activemask.b32 %r10;
            st.global.u32 [%rd2], %r10;
            """, 32);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => lane < 12 ? 0 : 0xfffff000), found);
    }

    [Fact]
    public void A_branch_table_splits_the_warp_by_target()
    {
        uint[] results = new uint[64];
        KernelCounters kernel = LaneKernel.Run("""
            and.b32 %r10, %r4, 3;
            ts: .branchtargets L0, L1, L2, L0;
            brx.idx %r10, ts;
            L0:
            activemask.b32 %r11;
            bra BOTH;
            L1:
            activemask.b32 %r11;
            bra BOTH;
            L2:
            activemask.b32 %r11;
            BOTH:
            activemask.b32 %r12;
            st.global.u32 [%rd2], %r11;
            st.global.u32 [%rd2+128], %r12;
            """, results);
        for (int lane = 0; lane < 32; lane++)
            Assert.Equal((lane & 3) switch { 1 => 0x22222222u, 2 => 0x44444444u, _ => 0x99999999u }, results[lane]);
        Assert.All(results[32..], mask => Assert.Equal(uint.MaxValue, mask));
        Assert.Equal(1, kernel.Totals.DivergentBranches);
    }

    [Fact]
    public void A_function_is_entered_by_its_callers_and_left_by_each_lane_where_it_returns()
    {
        const string Function = """
            .func (.param .b32 result) half(.param .b32 value)
            {
                .reg .pred %p<2>;
                .reg .b32 %r<4>;
                ld.param.u32 %r0, [value];
                setp.lt.u32 %p0, %r0, 10;
                @!%p0 bra LARGE;
                activemask.b32 %r1;
                st.param.b32 [result], %r1;
                ret;
                LARGE:
                shr.u32 %r1, %r0, 1;
                st.param.b32 [result], %r1;
                ret;
            }
            """;
        uint[] found = LaneKernel.Results("""
            mov.u32 %r10, 77;
            setp.lt.u32 %p1, %r4, 20;
            @!%p1 bra SKIP;
            { .param .b32 given; .param .b32 got;
            st.param.b32 [given], %r4;
            call.uni (got), half, (given);
            ld.param.b32 %r10, [got]; }
            SKIP:
            activemask.b32 %r11;
            st.global.u32 [%rd2], %r10;
            st.global.u32 [%rd2+128], %r11;
            """, 64, module: Function);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => lane < 10 ? 0x3ffu : lane < 20 ? (uint)lane / 2 : 77), found[..32]);
        Assert.All(found[32..], mask => Assert.Equal(uint.MaxValue, mask));
    }

    [Fact]
    public void A_recursive_function_has_a_frame_for_each_call_and_lane()
    {
        const string Function = """
            .func (.param .b32 result) sum(.param .b32 value)
            {
                .reg .pred %p<2>;
                .reg .b32 %r<4>;
                ld.param.u32 %r0, [value];
                setp.eq.u32 %p0, %r0, 0;
                @%p0 bra ZERO;
                sub.u32 %r1, %r0, 1;
                { .param .b32 given; .param .b32 got;
                st.param.b32 [given], %r1;
                call.uni (got), sum, (given);
                ld.param.b32 %r2, [got]; }
                add.u32 %r2, %r2, %r0;
                st.param.b32 [result], %r2;
                ret;
                ZERO:
                st.param.b32 [result], 0;
                ret;
            }
            """;
        uint[] found = LaneKernel.Results("""
            { .param .b32 given; .param .b32 got;
            st.param.b32 [given], %r4;
            call.uni (got), sum, (given);
            ld.param.b32 %r10, [got]; }
            st.global.u32 [%rd2], %r10;
            """, 32, module: Function);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => (uint)(lane * (lane + 1) / 2)), found);
    }

    [Fact]
    public void Lanes_that_exit_within_a_function_do_not_come_back()
    {
        const string Function = """
            .func leave(.param .b32 value)
            {
                .reg .pred %p<2>;
                .reg .b32 %r<2>;
                ld.param.u32 %r0, [value];
                setp.lt.u32 %p0, %r0, 5;
                @%p0 exit;
                ret;
            }
            """;
        uint[] found = LaneKernel.Results("""
            { .param .b32 given;
            st.param.b32 [given], %r4;
            call.uni leave, (given); }
            activemask.b32 %r10;
            st.global.u32 [%rd2], %r10;
            """, 32, module: Function);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => lane < 5 ? 0 : 0xffffffe0), found);
    }

    [Fact]
    public void A_jump_into_the_middle_of_the_other_path_gives_every_lane_its_result()
    {
        // Three paths, one of which joins another in its middle: structured source code does not produce this, unoptimised switches do.
        uint[] found = LaneKernel.Results("""
            rem.u32 %r10, %r4, 3;
            mov.u32 %r11, 0;
            setp.eq.u32 %p1, %r10, 0;
            setp.eq.u32 %p2, %r10, 1;
            @%p1 bra FIRST;
            @%p2 bra MIDDLE;
            add.u32 %r11, %r11, 1;
            bra LAST;
            FIRST:
            add.u32 %r11, %r11, 10;
            MIDDLE:
            add.u32 %r11, %r11, 100;
            LAST:
            activemask.b32 %r12;
            st.global.u32 [%rd2], %r11;
            st.global.u32 [%rd2+128], %r12;
            """, 64);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => (lane % 3) switch { 0 => 110u, 1 => 100u, _ => 1u }), found[..32]);
        Assert.All(found[32..], mask => Assert.Equal(uint.MaxValue, mask));
    }

    [Fact]
    public void A_predicate_that_comes_from_its_own_destination_is_read_before_it_is_written()
    {
        uint[] found = LaneKernel.Results("""
            setp.lt.u32 %p1, %r4, 16;
            setp.lt.and.u32 %p2|%p1, %r4, 8, %p1;
            selp.u32 %r10, 1, 0, %p2;
            selp.u32 %r11, 2, 0, %p1;
            add.u32 %r10, %r10, %r11;
            setp.lt.u32 %p3, %r4, 16;
            setp.ge.or.u32 %p3|%p4, %r4, 24, %p3;
            selp.u32 %r11, 4, 0, %p3;
            add.u32 %r10, %r10, %r11;
            selp.u32 %r11, 8, 0, %p4;
            add.u32 %r10, %r10, %r11;
            st.global.u32 [%rd2], %r10;
            """, 32);
        for (int lane = 0; lane < 32; lane++)
        {
            bool first = lane < 16;
            int expected = (lane < 8 && first ? 1 : 0) + (lane >= 8 && first ? 2 : 0) + (lane >= 24 || first ? 4 : 0)
                + (lane < 24 || first ? 8 : 0);
            Assert.Equal(expected, (int)found[lane]);
        }
    }

    [Theory]
    [InlineData("SPIN: bra SPIN;")]
    [InlineData("SPIN: ld.volatile.shared.u32 %r10, [%r3]; setp.eq.u32 %p1, %r10, 0; @%p1 bra SPIN;")]
    [InlineData("setp.eq.u32 %p1, %r4, 3; SPIN: @%p1 bra SPIN;")]
    public void An_infinite_loop_is_stopped_and_named(string loop)
    {
        EmulatorException error = Assert.Throws<EmulatorException>(
            () => LaneKernel.Results($"st.shared.u32 [%r3], 0;\nbar.warp.sync -1;\n{loop}", 1,
            options: LaneKernel.Options with { InstructionLimit = 5000 }));
        Assert.Equal((CudaError.LaunchTimeout, FaultKind.InstructionLimit), (error.Code, error.Report!.Kind));
        Assert.Contains("5000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_instruction_limit_applies_to_each_block_exactly()
    {
        const string Body = "mov.u32 %r10, 0; LOOP: add.u32 %r10, %r10, 1; setp.lt.u32 %p1, %r10, 100; @%p1 bra LOOP;";
        const int Instructions = 2 * (LaneKernel.Overhead + 1 + 300);
        LaneKernel.Results(Body, 1, blocks: 3, threads: 64, options: LaneKernel.Options with { InstructionLimit = Instructions });
        Assert.Throws<EmulatorException>(
            () => LaneKernel.Results(Body, 1, blocks: 3, threads: 64,
            options: LaneKernel.Options with { InstructionLimit = Instructions - 1 }));
    }

    [Fact]
    public void A_warp_that_waits_for_another_one_without_a_barrier_lets_it_run()
    {
        uint[] found = LaneKernel.Results("""
            setp.eq.u32 %p1, %r0, 0;
            @%p1 st.shared.u32 [%r3], 0;
            bar.sync 0;
            setp.ge.u32 %p2, %r0, 32;
            @%p2 bra TELL;
            WAIT:
            ld.volatile.shared.u32 %r10, [%r3];
            setp.eq.u32 %p3, %r10, 0;
            @%p3 bra WAIT;
            bra END;
            TELL:
            atom.shared.exch.b32 %r10, [%r3], 5;
            END:
            st.global.u32 [%rd2], %r10;
            """, 64, threads: 64, options: LaneKernel.Options with { InstructionLimit = 100_000_000 });
        Assert.All(found[..32], value => Assert.Equal(5u, value));
        Assert.Equal(1, found[32..].Count(value => value == 0));
        Assert.Equal(31, BitOperations.PopCount(found[32..].Aggregate(0u, (bits, value) => bits << 1 | (value == 5 ? 1u : 0))));
    }
}
