using System.Numerics;

namespace DdmNative.Compute.Cuda.Products;

/// <summary>
/// A division by a constant that kernels compute by one multiplication: ⌊p / d⌋ = (p · Multiplier) &gt;&gt; Shift for 0 ≤ p &lt; 2³¹
/// (Granlund and Montgomery, "Division by invariant integers using multiplication", 1994, with 31 bits).
/// </summary>
internal readonly record struct Divisor(uint Multiplier, int Shift)
{
    public static Divisor Create(int divisor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(divisor, 1);
        int bits = divisor == 1 ? 0 : 32 - BitOperations.LeadingZeroCount((uint)divisor - 1);
        UInt128 power = UInt128.One << (31 + bits);
        return new Divisor((uint)((power + (UInt128)divisor - 1) / (UInt128)divisor), 31 + bits);
    }
}

/// <summary>A division as kernel arguments: multiplier and shift.</summary>
internal static class DivisionArguments
{
    public static KernelArguments Division(this KernelArguments arguments, int divisor)
    {
        Divisor by = Divisor.Create(divisor);
        return arguments.Int((int)by.Multiplier).Int(by.Shift);
    }
}
