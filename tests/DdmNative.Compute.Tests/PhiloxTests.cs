using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests;

/// <summary>The known answers are Random123's (kat_vectors, philox4x32 10).</summary>
public sealed class PhiloxTests
{
    public static TheoryData<uint[], uint[], uint[]> KnownAnswers => new()
    {
        { [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
        {
            [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff],
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        },
        {
            [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0],
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        },
    };

    [Theory]
    [MemberData(nameof(KnownAnswers))]
    public void Reference_gives_the_known_answers(uint[] counter, uint[] key, uint[] answer)
        => Assert.Equal(answer, ReferencePhilox.Block(counter, key));

    [Fact]
    public void Counter_zero_under_key_zero_gives_the_known_answer()
        => Assert.Equal((0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), Philox.Block(0, 0, 0));

    [Theory]
    [InlineData(1ul, 0u, 0ul)]
    [InlineData(0xa4093822299f31d0ul, 7u, 3ul)]
    [InlineData(ulong.MaxValue, uint.MaxValue, ulong.MaxValue)]
    [InlineData(0x1_0000_0000ul, 1u, 0x1_0000_0000ul)]
    public void Block_is_the_reference_with_the_counter_of_block_and_stream_and_the_key_of_the_seed(ulong seed, uint stream, ulong block)
    {
        (uint a, uint b, uint c, uint d) = Philox.Block(seed, stream, block);
        uint[] expected = ReferencePhilox.Block([(uint)block, (uint)(block >> 32), stream, 0], [(uint)seed, (uint)(seed >> 32)]);
        Assert.Equal((expected[0], expected[1], expected[2], expected[3]), (a, b, c, d));
    }

    [Fact]
    public void Positions_walk_through_the_words_of_the_blocks()
    {
        (uint a, uint b, uint c, uint d) = Philox.Block(5, 6, 2);
        Assert.Equal([a, b, c, d], Enumerable.Range(8, 4).Select(i => Philox.Bits(5, 6, (ulong)i)));
    }

    [Fact]
    public void Units_are_in_zero_to_one_with_one_left_out()
    {
        Assert.Equal(0f, Philox.ToUnit(0));
        Assert.Equal(1 - 1.0 / (1 << 24), Philox.ToUnit(uint.MaxValue));
        Assert.Equal(Philox.ToUnit(Philox.Bits(3, 4, 9)), Philox.Uniform(3, 4, 9));
    }
}
