using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>How close a result must come to the reference.</summary>
internal enum Closeness
{
    /// <summary>Identical bits; any NaN equals any other.</summary>
    Exact,

    /// <summary>Identical bits, but zeros of either sign are equal.</summary>
    AnyZero,

    /// <summary>
    /// Relative error 2^-19, absolute 2^-20: the largest error that the ISA allows for the approximations, with some margin.
    /// </summary>
    Approximate,

    /// <summary>Relative error 2^-9: halves, and tanh, which has 2^-11.</summary>
    Coarse,
}

/// <summary>One typed form of an instruction and its expected result.</summary>
/// <param name="Code">PTX with <c>{d}</c> for the result and <c>{0} {1} {2}</c> for the sources; may contain several instructions.</param>
/// <param name="Result">The type of the result's bits.</param>
/// <param name="Sources">The types of the sources' bits.</param>
/// <param name="Reference">Computes the result's bits from the sources' bits; null if the ISA leaves the result open.</param>
/// <param name="Closeness">How close the result must be.</param>
internal sealed record OpcodeForm(string Code, PtxType Result, PtxType[] Sources, Func<ulong[], ulong?> Reference,
    Closeness Closeness = Closeness.Exact)
{
    /// <summary><c>opcode {d}, {0}, {1};</c></summary>
    public static OpcodeForm Plain(string opcode, PtxType result, PtxType[] sources, Func<ulong[], ulong?> reference,
        Closeness closeness = Closeness.Exact) =>
        new($"{opcode} {{d}}{string.Concat(sources.Select((_, i) => $", {{{i}}}"))};", result, sources, reference, closeness);

    public string Written(string result, IReadOnlyList<string> sources)
    {
        string code = Code.Replace("{d}", result, StringComparison.Ordinal);
        for (int i = 0; i < sources.Count; i++)
            code = code.Replace($"{{{i}}}", sources[i], StringComparison.Ordinal);
        return code;
    }

    public bool Agrees(ulong found, ulong expected)
    {
        if (!Result.IsFloat() || Result is PtxType.F16x2 or PtxType.BF16x2)
            return found == expected;
        FloatFormat format = FloatFormat.ForType(Result);
        if (format.IsNaN(expected))
            return format.IsNaN(found);
        if (Closeness == Closeness.Exact || found == expected)
            return found == expected;
        if (format.IsZero(expected) && format.IsZero(found))
            return true;
        if (Closeness == Closeness.AnyZero || format.IsNaN(found) || format.IsInfinite(found) || format.IsInfinite(expected))
            return false;
        double x = Value(found), y = Value(expected), relative = Closeness == Closeness.Coarse ? 1.0 / 512 : 1.0 / (1 << 19);
        return Math.Abs(x - y) <= Math.Max(Math.Abs(y) * relative, Result == PtxType.F32
            && Closeness == Closeness.Approximate ? 1e-38 : 1e-7);
    }

    public override string ToString() => Code;

    private double Value(ulong bits) =>
        BitConverter.UInt64BitsToDouble(
            ExactFloat.Convert(bits, FloatFormat.ForType(Result), FloatFormat.ForType(PtxType.F64), PtxRounding.Rn));
}
