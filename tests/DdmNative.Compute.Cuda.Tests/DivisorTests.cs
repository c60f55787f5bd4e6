using DdmNative.Compute.Cuda.Products;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

public sealed class DivisorTests
{
    [Fact]
    public void Divisions_by_multiplication_are_exact_around_every_multiple_and_at_the_largest_dividend()
    {
        int[] divisors = [1, 2, 3, 4, 5, 7, 9, 12, 25, 49, 128, 784, 1023, 1024, 1025, 65535, 1_000_003, int.MaxValue];
        foreach (int d in divisors)
            foreach (long multiple in new long[] { 0, 1, 2, 3, 1000, int.MaxValue / d })
                foreach (long p in new[] { multiple * d - 1, multiple * d, multiple * d + 1, int.MaxValue })
                    if (p is >= 0 and <= int.MaxValue)
                    {
                        Divisor divisor = Divisor.Create(d);
                        Assert.True((long)(((ulong)p * divisor.Multiplier) >> divisor.Shift) == p / d, $"{p} / {d}");
                    }
    }
}
