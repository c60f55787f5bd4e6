using DdmNative.CudaEmulator.Checks;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Checks;

public class InitialisedBytesTests
{
    [Fact]
    public void Bytes_are_tracked_individually()
    {
        InitialisedBytes bytes = new(300);
        bytes.Mark(3, 1);
        bytes.Mark(60, 200);
        Assert.True(bytes.AreAll(3, 1));
        Assert.False(bytes.AreAll(2, 2));
        Assert.True(bytes.AreAll(60, 200));
        Assert.Equal(260ul, bytes.FirstMissing(100, 200));
        Assert.Equal(4ul, bytes.FirstMissing(3, 80));
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(7, 3)]
    [InlineData(64, 64)]
    public void A_copy_preserves_initialised_and_uninitialised_bytes(int from, int length)
    {
        InitialisedBytes source = new(1100), target = new(1100);
        target.Mark(0, 1100);
        for (ulong i = 0; i < 1100; i += 3)
            source.Mark(i, 1);
        target.CopyFrom(source, (ulong)from, 50, (ulong)length);
        for (int i = 0; i < length; i++)
            Assert.Equal((from + i) % 3 == 0, target.AreAll((ulong)(50 + i), 1));
        Assert.True(target.AreAll(0, 50) && target.AreAll((ulong)(50 + length), (ulong)(1100 - 50 - length)));
    }

    [Theory]
    [InlineData(10, 13)]
    [InlineData(13, 10)]
    public void A_copy_within_an_allocation_may_overlap(int from, int to)
    {
        InitialisedBytes bytes = new(256);
        for (ulong i = 0; i < 256; i += 2)
            bytes.Mark(i, 1);
        bytes.CopyFrom(bytes, (ulong)from, (ulong)to, 100);
        for (int i = 0; i < 100; i++)
            Assert.Equal((from + i) % 2 == 0, bytes.AreAll((ulong)(to + i), 1));
    }

    [Fact]
    public void Concurrent_marks_of_adjacent_bytes_are_not_lost()
    {
        InitialisedBytes bytes = new(1 << 16);
        Parallel.For(0, 8, thread =>
        {
            for (int i = thread; i < 1 << 16; i += 8)
                bytes.Mark((ulong)i, 1);
        });
        Assert.True(bytes.AreAll(0, 1 << 16));
    }
}
