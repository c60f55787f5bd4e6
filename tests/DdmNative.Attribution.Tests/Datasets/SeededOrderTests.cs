using DdmNative.Attribution.Datasets;
using FsCheck.Xunit;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets;

public class SeededOrderTests
{
    [Fact]
    public void Draws_are_the_published_ones_of_splitmix64()
    {
        var random = new SeededOrder(1234567);
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        Assert.Equal(expected, expected.Select(_ => random.NextBits()));
    }

    [Fact]
    public void The_order_of_a_seed_never_changes() // computed once by an independent program
        => Assert.Equal([9, 0, 1, 4, 8, 2, 3, 7, 6, 5], SeededOrder.Permutation(10, seed: 1));

    [Property]
    public void Every_order_holds_every_number_once(ulong seed, ulong stream, byte count)
        => Assert.Equal(Enumerable.Range(0, count), SeededOrder.Permutation(count, seed, stream).Order());

    [Fact]
    public void Streams_and_seeds_make_different_orders()
    {
        int[][] orders = [SeededOrder.Permutation(50, 1), SeededOrder.Permutation(50, 2), SeededOrder.Permutation(50, 1, 1),
            SeededOrder.Permutation(50, 1, 2), SeededOrder.Permutation(50, 2, 1)];
        Assert.Equal(5, orders.Select(order => string.Join(",", order)).Distinct().Count());
    }

    [Fact]
    public void Every_place_is_equally_likely()
    {
        var counts = new int[6, 6];
        for (ulong seed = 0; seed < 6000; seed++)
        {
            int[] order = SeededOrder.Permutation(6, seed);
            for (int place = 0; place < 6; place++)
                counts[place, order[place]]++;
        }

        // 1000 expected, standard deviation 29: six of them either way.
        foreach (int count in counts)
            Assert.InRange(count, 826, 1174);
    }

    [Fact]
    public void Units_lie_in_the_half_open_interval_around_one_half()
    {
        var random = new SeededOrder(3);
        double[] units = [.. Enumerable.Range(0, 10000).Select(_ => random.NextUnit())];
        Assert.All(units, unit => Assert.InRange(unit, 0, 0.9999999999999999));
        Assert.InRange(units.Average(), 0.48, 0.52);
    }

    [Fact]
    public void Bounds_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SeededOrder(1).Below(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SeededOrder.Permutation(-1, 1));
    }
}
