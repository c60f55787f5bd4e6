using System.Text.Json;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Execution;

/// <summary>
/// Lanes, warps and blocks that wait for one another make progress, those that wait forever are detected, and checks and counters remain
/// correct.
/// </summary>
public class ProgressTests
{
    /// <summary>Takes a lock in the first word of the results by spinning.</summary>
    private const string Lock = "LOCK: atom.global.cas.b32 %r20, [%rd0], 0, 1; setp.ne.u32 %p9, %r20, 0; @%p9 bra LOCK;";

    private const string Unlock = "membar.gl; atom.global.exch.b32 %r20, [%rd0], 0;";

    private const string GridBarrier = """
        setp.ne.u32 %p1, %r0, 0;
        @%p1 bra COME;
        atom.global.add.u32 %r10, [%rd0], 1;
        mov.u32 %r11, %nctaid.x;
        WAIT:
        ld.volatile.global.u32 %r10, [%rd0];
        setp.lt.u32 %p2, %r10, %r11;
        @%p2 bra WAIT;
        COME:
        bar.sync 0;
        ld.global.u32 %r10, [%rd0];
        st.global.u32 [%rd2+4], %r10;
        """;

    private static readonly EmulatorOptions Options = LaneKernel.Options with { InstructionLimit = 100_000_000 };

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(20)]
    [InlineData(30)]
    public void Random_programs_whose_threads_wait_for_one_another_give_the_expected_values(int first)
    {
        for (int seed = first; seed < first + 5; seed++)
        {
            Random random = new(seed);
            int blocks = random.Next(1, 4), threads = 32 * random.Next(1, 3);
            WaitingProgram program = new(seed, blocks, threads);
            uint[] expected = program.Evaluate();
            foreach (ulong? order in new ulong?[] { null, (ulong)seed })
            {
                uint[] results = new uint[expected.Length], again = new uint[expected.Length];
                EmulatorOptions options = Options with { OrderSeed = order };
                string body = program.Body();
                KernelCounters Run(uint[] to, int hostThreads) => LaneKernel.Run(
                    body, to, program.Sources, blocks, threads, WaitingProgram.Module, options with { HostThreads = hostThreads });
                KernelCounters counters = Run(results, 1), repeated = Run(again, 3);
                Assert.True(
                    expected.AsSpan().SequenceEqual(results),
                    $"seed {seed}, order {order}: expected {string.Join(' ', expected)}\n"
                        + $"but found {string.Join(' ', results)}\nof\n{body}");
                Assert.Equal(results, again);
                Assert.Equal(Json(counters), Json(repeated));
            }
        }
    }

    [Fact]
    public void Lanes_that_held_a_lock_one_by_one_join_at_an_instruction_that_needs_all()
    {
        uint[] found = LaneKernel.Results($"""
            {Lock}
            ld.volatile.global.u32 %r10, [%rd0+4];
            add.u32 %r10, %r10, 1;
            st.volatile.global.u32 [%rd0+4], %r10;
            {Unlock}
            shfl.sync.bfly.b32 %r11, %r10, 1, 31, -1;
            bar.warp.sync -1;
            mov.u32 %r12, 0;
            shl.b32 %r13, %r0, 2;
            add.u32 %r13, %r13, %r3;
            st.shared.u32 [%r13], %r10;
            bar.sync 0;
            ld.shared.u32 %r12, [%r3+252];
            activemask.b32 %r14;
            mad.lo.u32 %r12, %r12, 100, %r11;
            setp.ne.u32 %p1, %r14, -1;
            @%p1 mov.u32 %r12, 0;
            st.global.u32 [%rd2+8], %r12;
            """, 66, threads: 64, options: Options)[2..];
        Assert.Equal(Enumerable.Range(1, 64), found.Select(value => (int)(value % 100)).Order());
        Assert.Single(found.Select(value => value / 100).Distinct());
    }

    [Fact]
    public void A_lane_that_waits_in_a_function_does_not_block_lanes_in_another_function()
    {
        const string module = """
            .func tell(.param .b64 word) { .reg .b64 %rd<1>; ld.param.u64 %rd0, [word]; st.volatile.global.u32 [%rd0], 9; ret; }
            .func hear(.param .b64 word)
            {
                .reg .pred %p<1>; .reg .b32 %r<1>; .reg .b64 %rd<1>;
                ld.param.u64 %rd0, [word];
                AGAIN: ld.volatile.global.u32 %r0, [%rd0]; setp.eq.u32 %p0, %r0, 0; @%p0 bra AGAIN;
                ret;
            }
            """;
        // Lane 0 calls one function and the others another, by one instruction and a pointer: lane 0 runs first.
        uint[] found = LaneKernel.Results("""
            mov.u64 %rd10, hear;
            mov.u64 %rd11, tell;
            setp.eq.u32 %p1, %r0, 0;
            selp.b64 %rd10, %rd10, %rd11, %p1;
            { .param .b64 word; st.param.b64 [word], %rd0; call %rd10, (word), SHAPE; }
            bar.warp.sync -1;
            st.global.u32 [%rd2+4], 3;
            """.Insert(0, "SHAPE: .callprototype _ (.param .b64 _);\n"), 33, module: module, options: Options);
        Assert.Equal(9u, found[0]);
        Assert.All(found[1..], value => Assert.Equal(3u, value));
    }

    [Theory]
    [InlineData("two lanes wait for each other's flag", 1, 2, """
        xor.b32 %r10, %r0, 1;
        mul.wide.u32 %rd10, %r10, 4;
        add.s64 %rd10, %rd10, %rd0;
        WAIT: ld.volatile.global.u32 %r11, [%rd10]; setp.eq.u32 %p1, %r11, 0; @%p1 bra WAIT;
        st.volatile.global.u32 [%rd2], 1;
        """)]
    [InlineData("a lock that is never released", 1, 32, Lock)]
    [InlineData("two locks that are taken in different orders", 1, 2, """
        mul.wide.u32 %rd10, %r0, 4;
        add.s64 %rd10, %rd10, %rd0;
        xor.b32 %r10, %r0, 1;
        mul.wide.u32 %rd11, %r10, 4;
        add.s64 %rd11, %rd11, %rd0;
        FIRST: atom.global.cas.b32 %r11, [%rd10], 0, 1; setp.ne.u32 %p1, %r11, 0; @%p1 bra FIRST;
        SECOND: atom.global.cas.b32 %r11, [%rd11], 0, 1; setp.ne.u32 %p1, %r11, 0; @%p1 bra SECOND;
        """)]
    [InlineData("a warp waits for another one that waits at a barrier", 1, 64, """
        setp.ge.u32 %p1, %r0, 32;
        @%p1 bra MEET;
        WAIT: ld.volatile.global.u32 %r11, [%rd0]; setp.eq.u32 %p2, %r11, 0; @%p2 bra WAIT;
        MEET: bar.sync 0;
        @%p1 st.volatile.global.u32 [%rd0], 1;
        """)]
    [InlineData("a block waits for one that does not fit on the device", 600, 32, GridBarrier)]
    public void An_endless_wait_is_found_long_before_the_limit(string what, int blocks, int threads, string body)
    {
        EmulatorException error = Assert.Throws<EmulatorException>(
            () => LaneKernel.Results(
                body, 1 + blocks * threads, blocks: blocks, threads: threads,
                    options: Options with { InstructionLimit = long.MaxValue / 2 }));
        Assert.True((CudaError.LaunchTimeout, FaultKind.InstructionLimit) == (error.Code, error.Report!.Kind), what);
        Assert.Contains("wait for a change that no thread makes", error.Message, StringComparison.Ordinal);
        Assert.Equal(0u, error.Report.Block.X);
    }

    [Fact]
    public void A_loop_that_counts_its_iterations_is_stopped_by_the_limit()
    {
        EmulatorException error = Assert.Throws<EmulatorException>(() => LaneKernel.Results(
            """
            mov.u32 %r10, 0;
            WAIT: add.u32 %r10, %r10, 1; ld.volatile.global.u32 %r11, [%rd0]; setp.eq.u32 %p1, %r11, 0; @%p1 bra WAIT;
            """, 1));
        Assert.Equal((CudaError.LaunchTimeout, FaultKind.InstructionLimit), (error.Code, error.Report!.Kind));
        Assert.Contains("1000000 warp instructions in one block", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lanes_that_never_arrive_where_others_wait_are_named()
    {
        // Each lane holds the lock in turn; then the odd ones exit, and the even ones wait for all.
        const string body = $"""
            {Lock}
            {Unlock}
            and.b32 %r10, %r0, 1;
            setp.ne.u32 %p1, %r10, 0;
            @%p1 exit;
            """;
        EmulatorException exchange = Assert.Throws<EmulatorException>(
            () => LaneKernel.Results($"{body}\nshfl.sync.bfly.b32 %r11, %r10, 2, 31, -1;", 1, options: Options));
        Assert.Equal(FaultKind.WarpSyncMask, exchange.Report!.Kind);
        EmulatorException barrier = Assert.Throws<EmulatorException>(() => LaneKernel.Results($"{body}\nbar.sync 0;", 1, options: Options));
        Assert.Equal(FaultKind.PartialBarrier, barrier.Report!.Kind);
        LaneKernel.Results($"{body}\nshfl.sync.bfly.b32 %r11, %r10, 2, 31, 0x55555555;", 1, options: Options);
    }

    [Fact]
    public void A_flag_in_shared_memory_is_no_race_and_the_data_it_guards_must_be_strong_too()
    {
        string Body(string kind) => $"""
            setp.ne.u32 %p1, %r0, 0;
            @!%p1 st.shared.u32 [%r3], 0;
            @!%p1 st.shared.u32 [%r3+4], 0;
            bar.sync 0;
            setp.lt.u32 %p2, %r0, 32;
            @%p2 bra WAIT;
            setp.eq.u32 %p3, %r0, 32;
            @%p3 st{kind}.shared.u32 [%r3+4], 11;
            membar.cta;
            @%p3 st.volatile.shared.u32 [%r3], 1;
            bra END;
            WAIT:
            ld.volatile.shared.u32 %r10, [%r3];
            setp.eq.u32 %p3, %r10, 0;
            @%p3 bra WAIT;
            ld{kind}.shared.u32 %r10, [%r3+4];
            st.global.u32 [%rd2], %r10;
            END:
            """;
        Assert.All(LaneKernel.Results(Body(".volatile"), 64, threads: 64)[..32], value => Assert.Equal(11u, value));
        EmulatorException error = Assert.Throws<EmulatorException>(() => LaneKernel.Results(Body(""), 64, threads: 64));
        Assert.Equal(FaultKind.SharedReadWriteRace, error.Report!.Kind);
        EmulatorOptions lenient = Options with { Checks = FaultChecks.All & ~FaultChecks.SharedRaces };
        Assert.All(LaneKernel.Results(Body(""), 64, threads: 64, options: lenient)[..32], value => Assert.Equal(11u, value));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3UL)]
    [InlineData(77UL)]
    public void A_grid_that_waits_gives_the_same_result_on_any_number_of_host_threads(ulong? seed)
    {
        const int blocks = 70, threads = 64;
        uint[] first = new uint[1 + blocks * threads];
        string Counters(uint[] to, int hostThreads) => Json(LaneKernel.Run(
            GridBarrier, to, blocks: blocks, threads: threads, options: Options with { OrderSeed = seed, HostThreads = hostThreads }));
        string counters = Counters(first, 1);
        Assert.All(first, value => Assert.Equal((uint)blocks, value));
        foreach (int hostThreads in new[] { 2, 7 })
        {
            uint[] again = new uint[first.Length];
            Assert.Equal(counters, Counters(again, hostThreads));
            Assert.Equal(first, again);
        }
    }

    [Fact]
    public void A_long_loop_of_some_lanes_does_not_split_the_warp()
    {
        // One lane loops 20000 times with atomic operations while the others wait for it; all join after the loop.
        KernelCounters counters = LaneKernel.Run("""
            setp.ne.u32 %p1, %r0, 3;
            mov.u32 %r10, 0;
            @%p1 bra MEET;
            LOOP:
            atom.global.add.u32 %r11, [%rd0], 1;
            add.u32 %r10, %r10, 1;
            setp.lt.u32 %p2, %r10, 20000;
            @%p2 bra LOOP;
            MEET:
            add.u32 %r10, %r10, 1;
            """, new uint[1]);
        Assert.Equal(LaneKernel.Overhead + 3 + 4 * 20000 + 1, counters.Totals.WarpInstructions);
        // The lane that loops never takes the first branch, and at the end not the second.
        Assert.Equal(32 * (LaneKernel.Overhead + 3 + 1) + 4 * 20000 - 2, counters.Totals.LaneInstructions);
    }

    private static string Json(KernelCounters counters) => JsonSerializer.Serialize(counters with { Speed = new(0, 0) });
}
