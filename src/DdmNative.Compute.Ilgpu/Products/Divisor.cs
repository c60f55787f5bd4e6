namespace DdmNative.Compute.Ilgpu.Products;

/// <summary>
/// Division by a number that is known at launch: ⌊p/d⌋ for 0 ≤ p &lt; 2³¹ by one multiplication (Granlund and Montgomery 1994).
/// </summary>
internal struct Divisor
{
    private readonly uint _multiplier;
    private readonly int _shift;

    public Divisor(int divisor)
    {
        int bits = 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)divisor - 1);
        (_shift, Value) = (31 + bits, divisor);
        _multiplier = (uint)(((1UL << _shift) + (uint)divisor - 1) / (uint)divisor);
    }

    public int Value { get; }

    public readonly int Quotient(int dividend) => (int)(((ulong)(uint)dividend * _multiplier) >> _shift);
}
