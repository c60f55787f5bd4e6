namespace DdmNative.Compute.Cpu;

/// <summary>
/// A vector of floats. A kernel with many live vectors is generic over it and compiled for sixteen lanes (<see cref="Vector16"/>) on
/// machines with AVX-512 and for eight (<see cref="Vector8"/>) elsewhere. There .NET emulates sixteen lanes by a pair of registers, which
/// needs twice as many registers on a machine that has half as many; that is good enough for kernels with few live vectors.
/// </summary>
/// <remarks>
/// A lane's result depends only on its own operands and is the same with both widths. <c>default</c> is zero in all lanes.
/// </remarks>
internal unsafe interface IVector<TSelf>
    where TSelf : unmanaged, IVector<TSelf>
{
    static abstract int Lanes { get; }

    static abstract TSelf Load(float* source);

    void Store(float* target);

    /// <summary>The same value in all lanes.</summary>
    static abstract TSelf Create(float value);

    /// <summary>a·b + c, rounded once where the machine has such an instruction.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    static abstract TSelf Sqrt(TSelf value);

    static abstract TSelf Abs(TSelf value);

    /// <summary>The smaller of each pair; <paramref name="b"/> if one is not a number.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>
    /// value·2ⁿ, with n in the low bits of a float's 23-bit fraction, where adding 1.5·2²³ leaves it: for −126 ≤ n ≤ 127, value near 1.
    /// </summary>
    static abstract TSelf Scale(TSelf value, TSelf exponent);

    /// <summary>The lanes of <paramref name="values"/> where <paramref name="mask"/> is above zero; zero in the others.</summary>
    static abstract TSelf WherePositive(TSelf mask, TSelf values);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);
}
