using Xunit;

namespace DdmNative.CudaEmulator.Tests.Execution;

/// <summary>
/// Lanes that do not take part keep their values, whether an instruction is executed by vectors, lane by lane or through memory.
/// </summary>
public class MaskTests
{
    private static readonly uint[] Masks = [0, 1, 0x80000000, 0x0000ffff, 0xffff0000, 0x55555555, 0xfffffffe, 0x7fffffff, 0x00ff1234,
        uint.MaxValue];

    /// <summary>Each sets %r11 (or a register made from it) to 1000 + lane.</summary>
    public static TheoryData<string> Instructions =>
    [
        "@%p1 add.u32 %r11, %r4, 1000;",
        "@%p1 mov.u32 %r11, %r12;",
        "@%p1 ld.global.u32 %r11, [%rd3];",
        "@%p1 ld.shared.u32 %r11, [%r13];",
        "mov.b64 %rd10, {%r11, 0}; mov.b64 %rd11, {%r12, 0}; @%p1 or.b64 %rd10, %rd11, 0; cvt.u32.u64 %r11, %rd10;",
        "@%p1 bfi.b32 %r11, %r12, 0, 0, 32;",
        "@%p1 shfl.sync.idx.b32 %r11, %r12, %r4, 31, %r10;",
        "@%p1 cvt.rzi.u32.f32 %r11, %f1;",
        "@!%p1 bra SKIP; add.u32 %r11, %r4, 1000; SKIP:",
        "st.shared.u32 [%r13+1024], %r11; @%p1 st.shared.u32 [%r13+1024], %r12; ld.shared.u32 %r11, [%r13+1024];",
        "st.global.u32 [%rd2], %r11; @%p1 st.global.u32 [%rd2], %r12; ld.global.u32 %r11, [%rd2];",
        "mov.u32 %r14, 0; @%p1 mov.u32 %r14, 1; setp.ne.u32 %p2, %r14, 0; setp.ne.u32 %p3, %r14, 9; @%p1 and.pred %p3, %p2, %p2; and.pred "
        + "%p3, %p3, %p2; selp.u32 %r11, %r12, %r11, %p3;",
    ];

    [Theory]
    [MemberData(nameof(Instructions))]
    public void Lanes_that_do_not_take_part_keep_their_values(string code)
    {
        uint[] sources = [.. Enumerable.Range(0, 32).Select(lane => 1000 + (uint)lane)];
        foreach (uint mask in Masks)
        {
            uint[] found = LaneKernel.Results($"""
                mov.u32 %r10, {(int)mask};
                shr.u32 %r5, %r10, %r4;
                and.b32 %r5, %r5, 1;
                setp.ne.u32 %p1, %r5, 0;
                add.u32 %r11, %r4, 7;
                add.u32 %r12, %r4, 1000;
                shl.b32 %r13, %r4, 2;
                add.u32 %r13, %r13, %r3;
                st.shared.u32 [%r13], %r12;
                cvt.rn.f32.u32 %f1, %r12;
                {code}
                st.global.u32 [%rd2], %r11;
                """, 32, sources);
            Assert.Equal(Enumerable.Range(0, 32).Select(lane => (mask >> lane & 1) != 0 ? 1000 + (uint)lane : 7 + (uint)lane), found);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(70)]
    public void The_last_warp_has_only_the_lanes_of_the_blocks_threads(int threads)
    {
        uint[] found = LaneKernel.Results("activemask.b32 %r10; st.global.u32 [%rd2], %r10;", 96, threads: threads);
        for (int thread = 0; thread < 96; thread++)
        {
            int lanes = Math.Min(32, threads - thread / 32 * 32);
            Assert.Equal(thread >= threads ? 0 : lanes == 32 ? uint.MaxValue : (1u << lanes) - 1, found[thread]);
        }
    }

    [Fact]
    public void Special_registers_identify_each_lane()
    {
        string[] names = ["%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ctaid.x", "%nctaid.x", "%laneid", "%warpid", "%nwarpid",
            "%lanemask_eq", "%lanemask_lt", "%lanemask_le", "%lanemask_gt", "%lanemask_ge"];
        string reads = string.Concat(names.Select((name, i) => $"mov.u32 %r10, {name}; st.global.u32 [%rd10+{4 * i}], %r10;\n"));
        uint[] found = LaneKernel.Results($"mul.wide.u32 %rd10, %r2, {4 * names.Length}; add.s64 %rd10, %rd10, %rd0;\n{reads}",
            3 * 48 * names.Length, blocks: 3, threads: 48);
        for (int i = 0; i < 3 * 48; i++)
        {
            uint thread = (uint)i % 48, lane = thread % 32, below = (1u << (int)lane) - 1, self = 1u << (int)lane;
            uint[] expected = [thread, 0, 0, 48, (uint)i / 48, 3, lane, thread / 32, 2, self, below, below | self, ~(below | self), ~below];
            Assert.Equal(expected, found.AsSpan(i * names.Length, names.Length).ToArray());
        }
    }
}
