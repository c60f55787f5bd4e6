using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>Eight lanes: one register with AVX, and what .NET makes of <see cref="Vector256"/> elsewhere.</summary>
internal readonly unsafe struct Vector8(Vector256<float> value) : IVector<Vector8>
{
    private readonly Vector256<float> _value = value;

    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => _value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Create(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 MultiplyAdd(Vector8 a, Vector8 b, Vector8 c)
        => new(Vector256.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Sqrt(Vector8 value) => new(Vector256.Sqrt(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Abs(Vector8 value) => new(Vector256.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Min(Vector8 a, Vector8 b)
        => new(Vector256.ConditionalSelect(Vector256.LessThan(a._value, b._value), a._value, b._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 Scale(Vector8 value, Vector8 exponent)
        => new((value._value.AsInt32() + (exponent._value.AsInt32() << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 WherePositive(Vector8 mask, Vector8 values)
        => new(Vector256.GreaterThan(mask._value, Vector256<float>.Zero) & values._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 operator +(Vector8 a, Vector8 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 operator -(Vector8 a, Vector8 b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 operator *(Vector8 a, Vector8 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector8 operator /(Vector8 a, Vector8 b) => new(a._value / b._value);
}
