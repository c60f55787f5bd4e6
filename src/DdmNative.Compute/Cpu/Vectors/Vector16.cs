using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>Sixteen lanes: one register with AVX-512, a pair where registers have eight lanes.</summary>
internal readonly unsafe struct Vector16(Vector512<float> value) : IVector<Vector16>
{
    private readonly Vector512<float> _value = value;

    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => _value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 MultiplyAdd(Vector16 a, Vector16 b, Vector16 c)
        => new(Vector512.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Sqrt(Vector16 value) => new(Vector512.Sqrt(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Abs(Vector16 value) => new(Vector512.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Min(Vector16 a, Vector16 b)
        => new(Vector512.ConditionalSelect(Vector512.LessThan(a._value, b._value), a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Scale(Vector16 value, Vector16 exponent)
        => new((value._value.AsInt32() + (exponent._value.AsInt32() << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 WherePositive(Vector16 mask, Vector16 values)
        => new(Vector512.GreaterThan(mask._value, Vector512<float>.Zero) & values._value);

    /// <summary>A mask: the lanes where <paramref name="a"/> is above <paramref name="b"/> or is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 IsAboveOrNaN(Vector16 a, Vector16 b)
        => new(Vector512.GreaterThan(a._value, b._value) | ~Vector512.Equals(a._value, a._value));

    /// <summary>A mask: the lanes whose bits are those of <paramref name="bits"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 HasBits(Vector16 value, int bits)
        => new(Vector512.Equals(value._value.AsInt32(), Vector512.Create(bits)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 CreateBits(int bits) => new(Vector512.Create(bits).AsSingle());

    /// <summary>The lanes of <paramref name="yes"/> in the mask, those of <paramref name="no"/> outside it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 Select(Vector16 mask, Vector16 yes, Vector16 no)
        => new(Vector512.ConditionalSelect(mask._value, yes._value, no._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 operator +(Vector16 a, Vector16 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 operator -(Vector16 a, Vector16 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 operator *(Vector16 a, Vector16 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector16 operator /(Vector16 a, Vector16 b) => new(a._value / b._value);
}
