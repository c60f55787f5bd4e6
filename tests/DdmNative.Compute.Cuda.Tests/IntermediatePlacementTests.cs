using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

public sealed class IntermediatePlacementTests
{
    [Fact]
    public void Intermediates_that_are_alive_together_never_share_memory()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            IntermediateUse[] uses = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => Use(random))];

            (long[] offsets, long arena) = IntermediatePlacement.Place(uses);

            for (int i = 0; i < uses.Length; i++)
            {
                Assert.True(offsets[i] % 256 == 0
                    && offsets[i] + uses[i].Bytes <= arena, $"seed {seed}: {i} leaves the arena or is not aligned");
                for (int j = 0; j < i; j++)
                {
                    bool together = uses[i].First <= uses[j].Last && uses[j].First <= uses[i].Last;
                    bool overlap = offsets[i] < offsets[j] + uses[j].Bytes && offsets[j] < offsets[i] + uses[i].Bytes;
                    Assert.False(together && overlap, $"seed {seed}: {i} and {j} share memory");
                }
            }
        }
    }

    [Fact]
    public void A_chain_in_which_each_reads_only_the_one_before_needs_room_for_two()
    {
        IntermediateUse[] chain = [.. Enumerable.Range(0, 10).Select(i => new IntermediateUse(4096, i, i + 1))];

        Assert.Equal(2 * 4096, IntermediatePlacement.Place(chain).ArenaBytes);
    }

    private static IntermediateUse Use(Random random)
    {
        int first = random.Next(30);
        return new IntermediateUse(random.Next(1, 5000), first, first + random.Next(10));
    }
}
