namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>Division by a number that the launcher knows: ⌊p/d⌋ for 0 ≤ p &lt; 2³¹ by one multiplication (Granlund and Montgomery 1994).</summary>
internal struct Divisor
{
    private readonly uint multiplier;
    private readonly int shift;

    public Divisor(int divisor)
    {
        int bits = 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)divisor - 1);
        (shift, Value) = (31 + bits, divisor);
        multiplier = (uint)(((1UL << shift) + (uint)divisor - 1) / (uint)divisor);
    }

    public int Value { get; }

    public readonly int Quotient(int dividend) => (int)(((ulong)(uint)dividend * multiplier) >> shift);
}
