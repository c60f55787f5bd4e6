using System.Text.Json;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Execution;

/// <summary>
/// The order in which blocks and warps run. Neither the order nor the number of host threads changes the result of a correctly synchronised
/// kernel.
/// </summary>
public class OrderTests
{
    /// <summary>
    /// Each warp draws a number in its block's shared memory; each thread adds it to the value that its neighbour wrote before a barrier.
    /// </summary>
    private const string OrderOfWarps = """
        setp.eq.u32 %p1, %r0, 0;
        @%p1 st.shared.u32 [%r3], 0;
        bar.sync 0;
        setp.eq.u32 %p1, %r4, 0;
        mov.u32 %r10, 0;
        @%p1 atom.shared.add.u32 %r10, [%r3], 1;
        shfl.sync.idx.b32 %r10, %r10, 0, 31, -1;
        st.global.u32 [%rd2], %r10;
        """;

    private const string OrderOfBlocks = """
        setp.eq.u32 %p1, %r0, 0;
        @%p1 atom.global.add.u32 %r10, [%rd0], 1;
        @%p1 mul.wide.u32 %rd10, %r10, 4;
        @%p1 add.s64 %rd10, %rd10, %rd0;
        @%p1 st.global.u32 [%rd10+4], %r1;
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(97)]
    [InlineData(360)]
    public void A_seed_permutes_the_blocks_and_every_one_runs_once(int blocks)
    {
        uint[] Order(ulong? seed)
            => LaneKernel.Results(OrderOfBlocks, blocks + 1, blocks: blocks, options: LaneKernel.Options with { OrderSeed = seed })[1..];
        uint[] all = [.. Enumerable.Range(0, blocks).Select(block => (uint)block)];
        Assert.Equal(all, Order(null));
        uint[][] orders = [.. new ulong[] { 0, 1, 2, 12345, ulong.MaxValue, (ulong)blocks, (ulong)blocks - 1 }.Select(seed => Order(seed))];
        Assert.All(orders, order => Assert.Equal(all, order.Order()));
        Assert.Equal(orders[3], Order(12345));
        if (blocks > 2)
            Assert.True(orders.Select(order => string.Join(' ', order)).Distinct().Count() > 2, "all seeds give the same order");
    }

    [Fact]
    public void A_seed_permutes_the_warps_in_the_same_way_on_any_number_of_host_threads()
    {
        const int blocks = 40, threads = 256;
        uint[] Order(ulong? seed, int hostThreads) =>
            LaneKernel.Results(OrderOfWarps, blocks * threads, blocks: blocks, threads: threads,
            options: LaneKernel.Options with { OrderSeed = seed, HostThreads = hostThreads });
        uint[] inOrder = Order(null, 1), permuted = Order(99, 1);
        for (int block = 0; block < blocks; block++)
        {
            uint[] turns = [.. Enumerable.Range(0, threads / 32).Select(warp => permuted[block * threads + warp * 32])];
            Assert.Equal(Enumerable.Range(0, threads / 32).Select(warp => (uint)warp), turns.Order());
            Assert.Equal(Enumerable.Range(0, threads / 32).Select(warp => (uint)warp),
                Enumerable.Range(0, threads / 32).Select(warp => inOrder[block * threads + warp * 32]));
        }

        Assert.True(Enumerable.Range(0, blocks).Select(block => string.Join(' ', permuted.AsSpan(block * threads, threads).ToArray()))
            .Distinct().Count() > blocks / 2, "all blocks have the same order of warps");
        foreach (int hostThreads in new[] { 1, 2, 3, 8 })
            Assert.Equal(permuted, Order(99, hostThreads));
        Assert.NotEqual(permuted, Order(100, 1));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(5UL)]
    public void Results_and_counters_do_not_depend_on_the_host_threads(ulong? seed)
    {
        // A sum over the block with divergence, bank conflicts, strided loads and stores that overlap in sectors between blocks.
        const string Body = """
            mul.wide.u32 %rd10, %r2, 12;
            add.s64 %rd10, %rd10, %rd1;
            ld.global.u32 %r10, [%rd10];
            mul.lo.u32 %r11, %r0, 8;
            add.u32 %r11, %r11, %r3;
            st.shared.u32 [%r11], %r10;
            mov.u32 %r12, 64;
            LOOP:
            bar.sync 0;
            setp.ge.u32 %p1, %r0, %r12;
            @%p1 bra SKIP;
            shl.b32 %r13, %r12, 3;
            add.u32 %r13, %r13, %r11;
            ld.shared.u32 %r14, [%r13];
            ld.shared.u32 %r15, [%r11];
            add.u32 %r15, %r15, %r14;
            st.shared.u32 [%r11], %r15;
            SKIP:
            shr.u32 %r12, %r12, 1;
            setp.ne.u32 %p1, %r12, 0;
            @%p1 bra LOOP;
            bar.sync 0;
            ld.shared.u32 %r16, [%r3];
            add.u32 %r16, %r16, %r0;
            st.global.u32 [%rd2], %r16;
            """;
        const int blocks = 37, threads = 128;
        uint[] sources = [.. Enumerable.Range(0, 3 * blocks * threads).Select(i => (uint)(i * i))], first = new uint[blocks * threads];
        string counters = Json(LaneKernel.Run(Body, first, sources, blocks, threads,
            options: LaneKernel.Options with { OrderSeed = seed }));
        for (int block = 0; block < blocks; block++)
        {
            uint sum = Enumerable.Range(block * threads, threads).Aggregate(0u, (total, thread) => total + sources[3 * thread]);
            Assert.Equal(Enumerable.Range(0, threads).Select(thread => sum + (uint)thread),
                first.AsSpan(block * threads, threads).ToArray());
        }

        foreach (int hostThreads in new[] { 2, 3, 5, 16 })
        {
            uint[] again = new uint[first.Length];
            Assert.Equal(counters, Json(
                LaneKernel.Run(Body, again, sources, blocks, threads,
                options: LaneKernel.Options with { OrderSeed = seed, HostThreads = hostThreads })));
            Assert.Equal(first, again);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void The_fault_of_the_first_block_is_reported(int hostThreads)
    {
        // Blocks 11, 23, 35 … read beyond the end; the later ones earlier than the first.
        const string Body = """
            mov.u32 %r10, 0;
            sub.u32 %r11, 40, %r1;
            mul.lo.u32 %r11, %r11, 8;
            LOOP:
            add.u32 %r10, %r10, 1;
            setp.lt.u32 %p1, %r10, %r11;
            @%p1 bra LOOP;
            rem.u32 %r12, %r1, 12;
            setp.eq.u32 %p1, %r12, 11;
            @%p1 ld.global.u32 %r13, [%rd1+4096];
            """;
        for (int round = 0; round < 5; round++)
        {
            EmulatorException error = Assert.Throws<EmulatorException>(
                () => LaneKernel.Results(Body, 1, blocks: 40, options: LaneKernel.Options with { HostThreads = hostThreads }));
            Assert.Equal((FaultKind.OutOfBounds, 11u), (error.Report!.Kind, error.Report.Block.X));
        }
    }

    [Fact]
    public void Sums_of_floats_by_atomics_have_the_same_bits_on_any_number_of_host_threads()
    {
        const string Body = "ld.global.f32 %f1, [%rd3]; red.global.add.f32 [%rd0], %f1;";
        Random random = new(3);
        uint[] sources = [.. Enumerable.Range(0, 64 * 96)
            .Select(_ => BitConverter.SingleToUInt32Bits((float)Math.Exp(random.NextDouble() * 20)))];
        uint[] sums = [.. Enumerable.Range(1, 6)
            .Select(hostThreads => LaneKernel.Results(Body, 1, sources, 64, 96,
                options: LaneKernel.Options with { HostThreads = hostThreads })[0])];
        float expected = 0;
        foreach (uint source in sources)
            expected += BitConverter.UInt32BitsToSingle(source);
        Assert.All(sums, sum => Assert.Equal(expected, BitConverter.UInt32BitsToSingle(sum)));
    }

    private static string Json(KernelCounters counters) => JsonSerializer.Serialize(counters with { Speed = new(0, 0) });
}
