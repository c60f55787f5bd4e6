using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Execution;
using DdmNative.CudaEmulator.Tests.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary><c>cp.async</c> in all its sizes, and all kinds of barriers.</summary>
public class CopyAndBarrierFormTests
{
    [Theory]
    [InlineData("ca", 4)]
    [InlineData("ca", 8)]
    [InlineData("ca", 16)]
    [InlineData("cg", 16)]
    public void An_asynchronous_copy_copies_the_given_bytes_and_zeros_the_rest(string cache, int bytes)
    {
        int words = bytes / 4;
        uint[] data = [.. Enumerable.Range(0, 32 * words).Select(i => 0x01010101u * (uint)(i + 1))];
        string stores = string.Concat(Enumerable.Range(0, words)
            .Select(i => $"ld.shared.u32 %r13, [%r11+{4 * i}]; st.global.u32 [%rd12+{4 * i}], %r13;\n"));
        uint[] Copied(string rest) => LaneKernel.Results($"""
            mul.lo.u32 %r10, %r0, {bytes};
            cvt.u64.u32 %rd10, %r10;
            add.s64 %rd11, %rd10, %rd1;
            add.u32 %r11, %r10, %r3;
            rem.u32 %r12, %r4, {bytes + 1};
            setp.lt.u32 %p1, %r4, 9;
            cp.async.{cache}.shared.global [%r11], [%rd11], {bytes}{rest};
            cp.async.commit_group;
            cp.async.wait_group 0;
            add.s64 %rd12, %rd10, %rd0;
            {stores}
            """, 32 * words, data);
        Assert.Equal(data, Copied(""));
        byte[] all = [.. data.SelectMany(BitConverter.GetBytes)], some = Bytes(Copied(", %r12")), none = Bytes(Copied(", %p1"));
        for (int i = 0; i < all.Length; i++)
        {
            int lane = i / bytes, place = i % bytes;
            Assert.Equal(place < lane % (bytes + 1) ? all[i] : 0, some[i]);
            Assert.Equal(lane < 9 ? 0 : all[i], none[i]);
        }
    }

    [Fact]
    public void A_lane_that_copies_nothing_need_not_name_memory()
    {
        uint[] found = LaneKernel.Results("""
            setp.lt.u32 %p1, %r4, 16;
            selp.u32 %r10, 4, 0, %p1;
            selp.b64 %rd10, %rd3, 0, %p1;
            mad.lo.u32 %r11, %r4, 4, %r3;
            cp.async.ca.shared.global [%r11], [%rd10], 4, %r10;
            cp.async.wait_all;
            ld.shared.u32 %r12, [%r11];
            st.global.u32 [%rd2], %r12;
            """, 32, [.. Enumerable.Range(100, 32).Select(i => (uint)i)]);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => lane < 16 ? 100 + (uint)lane : 0), found);
    }

    [Theory]
    [InlineData("bar.sync 0;")]
    [InlineData("bar.sync %r20;")]
    [InlineData("bar.sync 3, 96;")]
    [InlineData("barrier.sync 0;")]
    [InlineData("barrier.sync.aligned 5, %r21;")]
    [InlineData("barrier.cta.sync.aligned 1;")]
    [InlineData("bar.cta.sync 15;")]
    public void After_a_barrier_every_warp_sees_the_writes_of_the_others(string barrier)
    {
        uint[] found = LaneKernel.Results($"""
            mov.u32 %r20, 7;
            mov.u32 %r21, 96;
            mad.lo.u32 %r10, %r0, 4, %r3;
            add.u32 %r11, %r0, 1000;
            st.shared.u32 [%r10], %r11;
            {barrier}
            sub.u32 %r12, 95, %r0;
            mad.lo.u32 %r10, %r12, 4, %r3;
            ld.shared.u32 %r13, [%r10];
            st.global.u32 [%rd2], %r13;
            """, 96, threads: 96);
        Assert.Equal(Enumerable.Range(0, 96).Select(thread => 1095 - (uint)thread), found);
    }

    [Fact]
    public void A_barrier_of_some_warps_does_not_hold_the_others()
    {
        // Warps 0 and 1 synchronise at barrier 1, warps 2 and 3 at barrier 2, twice each; all at 0.
        uint[] found = LaneKernel.Results("""
            shr.u32 %r10, %r0, 6;
            add.u32 %r10, %r10, 1;
            xor.b32 %r11, %r0, 32;
            mad.lo.u32 %r12, %r0, 4, %r3;
            mad.lo.u32 %r13, %r11, 4, %r3;
            st.shared.u32 [%r12], %r0;
            bar.sync %r10, 64;
            ld.shared.u32 %r14, [%r13];
            bar.sync %r10, 64;
            add.u32 %r14, %r14, 5;
            st.shared.u32 [%r12], %r14;
            bar.sync 0;
            sub.u32 %r15, 127, %r0;
            mad.lo.u32 %r15, %r15, 4, %r3;
            ld.shared.u32 %r16, [%r15];
            st.global.u32 [%rd2], %r16;
            """, 128, threads: 128);
        Assert.Equal(Enumerable.Range(0, 128).Select(thread => (uint)((127 - thread ^ 32) + 5)), found);
    }

    [Theory]
    [InlineData("bar")]
    [InlineData("barrier")]
    public void A_warp_that_only_arrives_continues_and_a_waiting_warp_sees_its_writes(string name)
    {
        // The first warp fills memory that the second reads; it signals by arriving and need not wait.
        uint[] found = LaneKernel.Results($"""
            mad.lo.u32 %r10, %r4, 4, %r3;
            setp.ge.u32 %p1, %r0, 32;
            @%p1 bra READ;
            mad.lo.u32 %r11, %r4, 3, 1;
            st.shared.u32 [%r10], %r11;
            {name}.arrive 4, 64;
            bra END;
            READ:
            {name}.sync 4, 64;
            ld.shared.u32 %r11, [%r10];
            END:
            st.global.u32 [%rd2], %r11;
            """, 64, threads: 64);
        Assert.Equal(Enumerable.Range(0, 64).Select(thread => (uint)(thread % 32 * 3 + 1)), found);
    }

    [Theory]
    [InlineData(96, 0)]
    [InlineData(96, 96)]
    [InlineData(70, 1)]
    [InlineData(70, 70)]
    [InlineData(64, 33)]
    public void A_reducing_barrier_counts_the_votes_of_all_threads(int threads, int votes)
    {
        uint[] found = LaneKernel.Results($"""
            setp.lt.u32 %p1, %r0, {votes};
            bar.red.popc.u32 %r10, 0, %p1;
            bar.red.and.pred %p2, 0, %p1;
            bar.red.or.pred %p3, 0, %p1;
            barrier.red.popc.aligned.u32 %r11, 2, {(threads + 31) / 32 * 32}, !%p1;
            selp.u32 %r12, 1, 0, %p2;
            selp.u32 %r13, 1, 0, %p3;
            mul.wide.u32 %rd10, %r0, 16;
            add.s64 %rd10, %rd10, %rd0;
            st.global.u32 [%rd10], %r10;
            st.global.u32 [%rd10+4], %r11;
            st.global.u32 [%rd10+8], %r12;
            st.global.u32 [%rd10+12], %r13;
            """, 4 * threads, threads: threads);
        for (int thread = 0; thread < threads; thread++)
            Assert.Equal([(uint)votes, (uint)(threads - votes), votes == threads ? 1u : 0, votes > 0 ? 1u : 0],
                found.AsSpan(4 * thread, 4).ToArray());
    }

    [Fact]
    public void Parts_of_a_warp_synchronise_at_a_barrier_of_their_mask()
    {
        uint[] found = LaneKernel.Results("""
            mad.lo.u32 %r10, %r4, 4, %r3;
            xor.b32 %r11, %r4, 1;
            mad.lo.u32 %r11, %r11, 4, %r3;
            st.shared.u32 [%r10], %r4;
            setp.lt.u32 %p1, %r4, 16;
            @%p1 bra LOW;
            bar.warp.sync 0xffff0000;
            ld.shared.u32 %r12, [%r11];
            bra END;
            LOW:
            bar.warp.sync 0x0000ffff;
            ld.shared.u32 %r12, [%r11];
            END:
            bar.warp.sync 0xffffffff;
            st.global.u32 [%rd2], %r12;
            """, 32);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => (uint)lane ^ 1), found);
    }

    [Theory]
    [InlineData("bar.sync 16;")]
    [InlineData("bar.sync %r20;")]
    [InlineData("bar.sync 0, 48;")]
    [InlineData("bar.sync 0, 128;")]
    public void An_invalid_barrier_is_a_fault(string barrier)
    {
        EmulatorException error = Assert.Throws<EmulatorException>(
            () => LaneKernel.Results($"mov.u32 %r20, 99;\n{barrier}", 1, threads: 64));
        Assert.Equal(FaultKind.PartialBarrier, error.Report!.Kind);
    }

    private static byte[] Bytes(uint[] words) => [.. words.SelectMany(BitConverter.GetBytes)];
}
