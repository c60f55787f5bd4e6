namespace DdmNative.Compute.Cpu;

/// <summary>
/// A register of floats. A kernel is written once, generic over it, and compiled for sixteen lanes (<see cref="Vector16"/>) where the
/// machine has them and for eight (<see cref="Vector8"/>) elsewhere: .NET would emulate a vector that is wider than the machine's by two
/// narrower ones, which need twice as many registers where there are only half as many.
/// </summary>
/// <remarks>
/// Both widths round alike: a lane's result depends on its own operands only. <c>default</c> has zeros in all lanes.
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

    /// <summary>The lanes of <paramref name="values"/> where <paramref name="mask"/> is above zero; zero in the others.</summary>
    static abstract TSelf WherePositive(TSelf mask, TSelf values);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);
}
