using System.Numerics;
using DdmNative.CudaEmulator.Tests.Execution;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>
/// Operations between lanes: <c>shfl</c>, <c>vote</c>, <c>match</c>, <c>redux</c>, <c>elect</c>, by whole warps and by parts of them.
/// </summary>
public class WarpFormTests
{
    private static readonly uint[] Masks = [uint.MaxValue, 0x0000ffff, 0xffff0000, 0x55555555, 0x80000001, 0x00010000, 0x0f0f3c01];

    [Theory]
    [InlineData("up")]
    [InlineData("down")]
    [InlineData("bfly")]
    [InlineData("idx")]
    public void Shuffle_gives_the_value_of_the_lane_that_its_mode_names(string mode)
    {
        foreach (uint mask in Masks)
        {
            foreach (int width in new[] { 32, 16, 8, 4, 2, 1 })
            {
                Random random = new(width);
                foreach (bool uniform in new[] { true, false })
                {
                    uint[] values = Words(random, 32), by = uniform
                        ? [.. Enumerable.Repeat((uint)random.Next(32), 32)] : [.. values.Select(value => value % 40)];
                    int clamp = ((32 - width) << 8) | (mode == "up" ? 0 : 31);
                    uint[] found = Run(mask, $"shfl.sync.{mode}.b32 %r20|%p2, %r11, %r12, {clamp}, {(int)mask}; selp.u32 %r21, 1, 0, %p2;",
                        values, by);
                    foreach (int lane in Lanes(mask))
                    {
                        // As in CUDA's __shfl functions with a width: groups of that many lanes.
                        int shift = (int)(by[lane] & 31), start = lane / width * width, last = start + width - 1;
                        int from = mode switch { "up" => lane - shift, "down" => lane + shift, "bfly" => lane ^ shift,
                            _ => start + shift % width };
                        bool inside = mode == "up" ? from >= start : from <= last;
                        int source = inside ? from : lane;
                        Assert.Equal(inside ? 1u : 0u, found[32 + lane]);
                        // The value of a lane that does not take part is undefined.
                        if ((mask >> source & 1) != 0)
                            Assert.True(values[source] == found[lane],
                                $"shfl.{mode} by {shift} in width {width}, mask 0x{mask:x8}: lane {lane} has 0x{found[lane]:x}, expected "
                                + $"that of lane {source}, 0x{values[source]:x}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(0x1f00 | 31, 3)]
    [InlineData(0x1800 | 5, 2)]
    [InlineData(20, 9)]
    [InlineData(0x1000 | 7, 30)]
    public void Shuffle_clamps_at_the_lane_that_its_third_operand_names(int c, int by)
    {
        uint[] values = [.. Enumerable.Range(0, 32).Select(lane => 100 + (uint)lane)];
        foreach (string mode in new[] { "up", "down", "bfly", "idx" })
        {
            uint[] found = Run(uint.MaxValue, $"shfl.sync.{mode}.b32 %r20|%p2, %r11, {by}, {c}, -1; selp.u32 %r21, 1, 0, %p2;", values,
                values);
            for (int lane = 0; lane < 32; lane++)
            {
                // As in the ISA: j by mode, p = j within maxLane.
                int segment = c >> 8 & 31, clamp = c & 31, most = lane & segment | clamp & ~segment, least = lane & segment;
                (int j, bool inside) = mode switch
                {
                    "up" => (lane - by, lane - by >= most), "down" => (lane + by, lane + by <= most),
                        "bfly" => (lane ^ by, (lane ^ by) <= most), _ => (least | by & ~segment & 31, (least | by & ~segment & 31) <= most),
                };
                Assert.Equal((inside ? 1u : 0u, 100 + (uint)(inside ? j : lane)), (found[32 + lane], found[lane]));
            }
        }
    }

    [Fact]
    public void Votes_are_over_the_lanes_that_take_part()
    {
        foreach (uint mask in Masks)
        {
            foreach (uint votes in new uint[] { 0, uint.MaxValue, mask, ~mask, 0x12345678u, mask & 0x00ff00ff })
            {
                foreach (string negation in new[] { "", "!" })
                {
                    uint cast = (negation.Length == 0 ? votes : ~votes) & mask;
                    uint[] sources = [.. Enumerable.Range(0, 32).Select(lane => votes >> lane & 1)];
                    foreach ((string name, bool expected) in new[] { ("all", cast == mask), ("any", cast != 0),
                        ("uni", cast == 0 || cast == mask) })
                    {
                        uint[] found = Run(mask,
                            $"setp.ne.u32 %p2, %r11, 0; vote.sync.{name}.pred %p3, {negation}%p2, {(int)mask}; selp.u32 %r20, 1, 0, %p3; "
                            + $"mov.u32 %r21, 0;", sources, sources);
                        Assert.All(Lanes(mask), lane => Assert.Equal(expected ? 1u : 0u, found[lane]));
                    }

                    uint[] ballots = Run(mask,
                        $"setp.ne.u32 %p2, %r11, 0; vote.sync.ballot.b32 %r20, {negation}%p2, {(int)mask}; activemask.b32 %r21;", sources,
                        sources);
                    Assert.All(Lanes(mask), lane => Assert.Equal((cast, mask), (ballots[lane], ballots[32 + lane])));
                }
            }
        }
    }

    [Fact]
    public void Match_names_the_lanes_with_the_same_value()
    {
        Random random = new(4);
        foreach (uint mask in Masks)
        {
            foreach (int kinds in new[] { 1, 2, 5, 40 })
            {
                uint[] values = [.. Enumerable.Range(0, 32).Select(_ => (uint)random.Next(kinds))];
                uint Same(int lane)
                    => Lanes(mask).Where(other => values[other] == values[lane]).Aggregate(0u, (bits, other) => bits | 1u << other);
                uint[] any = Run(mask, $"match.any.sync.b32 %r20, %r11, {(int)mask}; mov.u32 %r21, 0;", values, values);
                uint[] all = Run(mask, $"match.all.sync.b32 %r20|%p2, %r11, {(int)mask}; selp.u32 %r21, 1, 0, %p2;", values, values);
                // Values that differ in their upper halves only.
                uint[] wide = Run(mask, $"mov.b64 %rd10, {{%r12, %r11}}; match.any.sync.b64 %r20, %rd10, {(int)mask}; mov.u32 %r21, 0;",
                    values, new uint[32]);
                foreach (int lane in Lanes(mask))
                {
                    bool alike = Same(lane) == mask;
                    Assert.Equal((Same(lane), Same(lane), alike ? mask : 0, alike ? 1u : 0),
                        (any[lane], wide[lane], all[lane], all[32 + lane]));
                }
            }
        }
    }

    [Theory]
    [InlineData("add.u32")]
    [InlineData("add.s32")]
    [InlineData("min.u32")]
    [InlineData("max.u32")]
    [InlineData("min.s32")]
    [InlineData("max.s32")]
    [InlineData("and.b32")]
    [InlineData("or.b32")]
    [InlineData("xor.b32")]
    public void Reductions_are_over_the_lanes_that_take_part(string form)
    {
        Random random = new(5);
        foreach (uint mask in Masks)
        {
            uint[] values = Words(random, 32), taking = [.. Lanes(mask).Select(lane => values[lane])];
            uint expected = form switch
            {
                "add.u32" or "add.s32" => (uint)taking.Sum(value => (long)value), "min.u32" => taking.Min(), "max.u32" => taking.Max(),
                "min.s32" => (uint)taking.Min(value => (int)value), "max.s32" => (uint)taking.Max(value => (int)value),
                "and.b32" => taking.Aggregate((a, b) => a & b), "or.b32" => taking.Aggregate((a, b) => a | b),
                    _ => taking.Aggregate((a, b) => a ^ b),
            };
            uint[] found = Run(mask, $"redux.sync.{form} %r20, %r11, {(int)mask}; mov.u32 %r21, 0;", values, values);
            Assert.All(Lanes(mask), lane => Assert.Equal(expected, found[lane]));
        }
    }

    [Fact]
    public void Elect_chooses_one_of_the_lanes_that_take_part()
    {
        foreach (uint mask in Masks)
        {
            uint[] found = Run(mask, $"elect.sync %r20|%p2, {(int)mask}; selp.u32 %r21, 1, 0, %p2;", new uint[32], new uint[32]);
            int leader = BitOperations.TrailingZeroCount(mask);
            Assert.All(Lanes(mask), lane => Assert.Equal(((uint)leader, lane == leader ? 1u : 0u), (found[lane], found[32 + lane])));
        }
    }

    /// <summary>
    /// Lanes of the mask execute the code with two values in %r11 and %r12; returns the values of %r20, then those of %r21.
    /// </summary>
    private static uint[] Run(uint mask, string code, uint[] values, uint[] others) => LaneKernel.Results($"""
        ld.global.u32 %r11, [%rd3];
        ld.global.u32 %r12, [%rd3+128];
        shr.u32 %r13, {(int)mask}, %r4;
        and.b32 %r13, %r13, 1;
        setp.eq.u32 %p1, %r13, 0;
        @%p1 bra END;
        {code}
        st.global.u32 [%rd2], %r20;
        st.global.u32 [%rd2+128], %r21;
        END:
        """, 64, [.. values, .. others]);

    private static IEnumerable<int> Lanes(uint mask) => Enumerable.Range(0, 32).Where(lane => (mask >> lane & 1) != 0);

    private static uint[] Words(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (uint)random.NextInt64(1L << 32))];
}
