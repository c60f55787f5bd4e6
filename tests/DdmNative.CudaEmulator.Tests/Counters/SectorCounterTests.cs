using DdmNative.CudaEmulator.Counters;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Counters;

public class SectorCounterTests
{
    private const uint AllLanes = uint.MaxValue;

    [Theory]
    [InlineData(4, 4, 0, 4, 4)]       // a row of floats
    [InlineData(4, 4, 16, 5, 4)]      // a row that starts within a sector
    [InlineData(8, 4, 0, 8, 4)]       // every other float
    [InlineData(128, 4, 0, 32, 4)]    // a column
    [InlineData(0, 4, 0, 1, 1)]       // one float for all
    [InlineData(16, 16, 0, 16, 16)]   // a row of float4
    [InlineData(1, 1, 0, 1, 1)]       // a row of bytes
    [InlineData(2, 2, 0, 2, 2)]       // a row of halves
    public void Sectors_of_strided_rows_are_those_counted_by_hand(int stride, int bytes, int start, int sectors, int ideal) =>
        Assert.Equal(new AccessCost(sectors, ideal), SectorCounter.Count(Strided(stride, start), AllLanes, bytes));

    [Fact]
    public void Lanes_that_do_not_take_part_are_not_counted() =>
        Assert.Equal(new AccessCost(2, 1), SectorCounter.Count(Strided(128, 0), 0b11, 4));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_addresses_give_the_count_of_a_set(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 500; round++)
        {
            int bytes = 1 << random.Next(5);
            uint mask = (uint)random.NextInt64(1, 1L << 32);
            ulong[] addresses = [.. Enumerable.Range(0, 32).Select(_ => (ulong)(random.Next(1 << random.Next(3, 14)) * bytes))];
            HashSet<ulong> sectors = [], touched = [];
            for (int lane = 0; lane < 32; lane++)
            {
                if ((mask >> lane & 1) == 0)
                    continue;
                sectors.Add(addresses[lane] / 32);
                for (int i = 0; i < bytes; i++)
                    touched.Add(addresses[lane] + (ulong)i);
            }

            Assert.True(new AccessCost(sectors.Count, (touched.Count + 31) / 32) == SectorCounter.Count(addresses, mask, bytes),
                $"seed {seed}, round {round}");
        }
    }

    [Theory]
    [InlineData(0, 128, 4, 4)]
    [InlineData(4, 128, 5, 4)]
    [InlineData(28, 8, 2, 1)]
    public void A_row_is_counted_like_its_lanes(ulong address, int bytes, int sectors, int ideal) =>
        Assert.Equal(new AccessCost(sectors, ideal), SectorCounter.CountRow(address, bytes));

    [Fact]
    public void A_pattern_is_recounted_when_it_changes_or_moves_within_a_sector()
    {
        AccessPatternMemo memo = new();
        Assert.Equal(4, memo.Sectors(Strided(4, 0), AllLanes, 4).Transactions);
        Assert.Equal(4, memo.Sectors(Strided(4, 3200), AllLanes, 4).Transactions);
        Assert.Equal(5, memo.Sectors(Strided(4, 3204), AllLanes, 4).Transactions);
        Assert.Equal(8, memo.Sectors(Strided(8, 3200), AllLanes, 4).Transactions);
        Assert.Equal(2, memo.Sectors(Strided(8, 3200), 0b10001, 4).Transactions);
    }

    [Fact]
    public void A_footprint_counts_each_sector_once()
    {
        SectorFootprint footprint = new(), other = new();
        footprint.Touch(0x7000_0000, 128);
        footprint.Touch(0x7000_0010, 128);
        footprint.Touch(Strided(1 << 20, 0), AllLanes, 4);
        Assert.Equal(5 + 32, footprint.Count);
        other.Touch(0x7000_0000, 1);
        other.Touch(0x9000_0000, 1);
        footprint.Merge(other);
        Assert.Equal(5 + 32 + 1, footprint.Count);
    }

    [Theory]
    [InlineData(4, 4, 1, 1)]         // a row
    [InlineData(0, 4, 1, 1)]         // one word for all
    [InlineData(8, 4, 2, 1)]         // stride 2: two words in each of 16 banks
    [InlineData(16, 4, 4, 1)]        // stride 4
    [InlineData(128, 4, 32, 1)]      // a column of a 32-wide tile
    [InlineData(132, 4, 1, 1)]       // a column of a padded tile
    [InlineData(8, 8, 2, 2)]         // a row of 64-bit values: two phases
    [InlineData(16, 16, 4, 4)]       // a row of 128-bit values: four phases
    [InlineData(32, 16, 8, 4)]       // every other: 2-way in each phase
    [InlineData(1, 1, 1, 1)]         // four lanes share a word
    [InlineData(2, 2, 1, 1)]
    [InlineData(512, 16, 32, 4)]     // 8-way in each of four phases
    public void Wavefronts_of_strided_rows_are_those_counted_by_hand(int stride, int bytes, int wavefronts, int ideal) =>
        Assert.Equal(new AccessCost(wavefronts, ideal), BankConflictCounter.Count(Strided(stride, 0), AllLanes, bytes));

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_addresses_give_the_conflicts_of_a_table(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 500; round++)
        {
            int bytes = 1 << random.Next(5), words = Math.Max(1, bytes / 4), lanes = 32 / words;
            uint mask = (uint)random.NextInt64(1, 1L << 32);
            ulong[] addresses = [.. Enumerable.Range(0, 32).Select(_ => (ulong)(random.Next(1 << random.Next(3, 12)) * bytes))];
            int wavefronts = 0, phases = 0;
            for (int first = 0; first < 32; first += lanes)
            {
                IEnumerable<ulong> touched = Enumerable.Range(first, lanes).Where(lane => (mask >> lane & 1) != 0)
                    .SelectMany(lane => Enumerable.Range(0, words).Select(i => addresses[lane] / 4 + (ulong)i)).Distinct();
                if (!touched.Any())
                    continue;
                phases++;
                wavefronts += touched.GroupBy(word => word % 32).Max(bank => bank.Count());
            }

            Assert.True(new AccessCost(wavefronts, phases) == BankConflictCounter.Count(addresses, mask, bytes),
                $"seed {seed}, round {round}");
            AccessPatternMemo memo = new();
            ulong[] moved = [.. addresses.Select(address => address + 64 * (ulong)bytes)];
            Assert.Equal(memo.Wavefronts(addresses, AllLanes, bytes), memo.Wavefronts(moved, AllLanes, bytes));
            Assert.Equal(BankConflictCounter.Count(moved, AllLanes, bytes), memo.Wavefronts(moved, AllLanes, bytes));
            Assert.Equal(BankConflictCounter.Count(addresses, mask, bytes), memo.Wavefronts(addresses, mask, bytes));
            Assert.Equal(BankConflictCounter.Count(addresses, mask, bytes), memo.Wavefronts(moved, mask, bytes));
            AccessPatternMemo global = new();
            Assert.Equal(SectorCounter.Count(addresses, mask, bytes), global.Sectors(addresses, mask, bytes));
            Assert.Equal(SectorCounter.Count(moved, mask, bytes), global.Sectors(moved, mask, bytes));
        }
    }

    /// <summary>Accesses that the interpreter does not count lane by lane.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Rows_and_single_places_take_one_wavefront_for_each_phase_and_a_place_one_sector(int bytes)
    {
        Assert.Equal(new AccessCost(bytes / 4, bytes / 4), BankConflictCounter.Count(Strided(bytes, 12 * bytes), AllLanes, bytes));
        Assert.Equal(new AccessCost(bytes / 4, bytes / 4), BankConflictCounter.Count(Strided(0, 12 * bytes), AllLanes, bytes));
        Assert.Equal(new AccessCost(1, 1), SectorCounter.Count(Strided(0, 12 * bytes), AllLanes, bytes));
        Assert.Equal(new AccessCost(1, 1), SectorCounter.Count(Strided(0, 12 * bytes), 0x00f01000, bytes));
    }

    private static ulong[] Strided(int stride, int start) => [.. Enumerable.Range(0, 32).Select(lane => (ulong)(start + lane * stride))];
}
