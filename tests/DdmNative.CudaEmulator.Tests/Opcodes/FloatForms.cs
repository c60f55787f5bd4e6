using DdmNative.CudaEmulator.Ptx;
using static DdmNative.CudaEmulator.Ptx.PtxType;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>
/// Floating-point arithmetic, according to chapters 9.7.3 and 9.7.4 of the PTX ISA: each rounding, with and without flushing subnormals to
/// zero and saturation.
/// </summary>
internal static class FloatForms
{
    private static readonly (string Word, PtxRounding Rounding)[] Directions = [("", PtxRounding.Rn), (".rn", PtxRounding.Rn),
        (".rz", PtxRounding.Rz), (".rm", PtxRounding.Rm), (".rp", PtxRounding.Rp)];

    public static IEnumerable<OpcodeForm> All()
        => [.. Exact(F32), .. Exact(F64), .. Halves(F16), .. Halves(BF16), .. Packed(F16x2, F16), .. Packed(BF16x2, BF16), .. Signs(),
            .. Approximations(), .. NarrowApproximations()];

    public static string Name(PtxType type) => type.ToString().ToLowerInvariant();

    /// <summary>Subnormal sources and results become zero, then the result is clamped to [0, 1], NaN to 0.</summary>
    public static Func<ulong[], ulong?> With(FloatFormat format, bool ftz, bool sat, Func<ulong[], ulong> operation) => sources =>
    {
        ulong result = operation(ftz ? [.. sources.Select(format.Flushed)] : sources);
        if (ftz)
            result = format.Flushed(result);
        return sat ? Saturated(result, format) : result;
    };

    public static ulong Saturated(ulong value, FloatFormat format)
        => format.IsNaN(value) || format.IsNegative(value) ? 0 : Math.Min(value, format.One);

    private static IEnumerable<(string Words, bool Ftz, bool Sat)> Ends(PtxType type) =>
        type == F32 ? [("", false, false), (".ftz", true, false), (".sat", false, true), (".ftz.sat", true, true)] : [("", false, false)];

    private static IEnumerable<OpcodeForm> Exact(PtxType type)
    {
        FloatFormat f = FloatFormat.ForType(type);
        string name = Name(type);
        foreach ((string word, PtxRounding rounding) in Directions)
        {
            foreach ((string end, bool ftz, bool sat) in Ends(type))
            {
                Closeness closeness = sat ? Closeness.AnyZero : Closeness.Exact;
                yield return OpcodeForm.Plain($"add{word}{end}.{name}", type, [type, type],
                    With(f, ftz, sat, v => ExactFloat.Add(v[0], v[1], f, rounding)), closeness);
                yield return OpcodeForm.Plain($"sub{word}{end}.{name}", type, [type, type],
                    With(f, ftz, sat, v => ExactFloat.Add(v[0], f.IsNaN(v[1]) ? v[1] : v[1] ^ f.Sign, f, rounding)), closeness);
                yield return OpcodeForm.Plain($"mul{word}{end}.{name}", type, [type, type],
                    With(f, ftz, sat, v => ExactFloat.Multiply(v[0], v[1], f, rounding)), closeness);
                if (word.Length > 0)
                    yield return OpcodeForm.Plain($"fma{word}{end}.{name}", type, [type, type, type],
                        With(f, ftz, sat, v => ExactFloat.MultiplyAdd(v[0], v[1], v[2], f, rounding)), closeness);
                if (word.Length == 0 || sat)
                    continue;
                yield return OpcodeForm.Plain($"div{word}{end}.{name}", type, [type, type],
                    With(f, ftz, false, v => ExactFloat.Divide(v[0], v[1], f, rounding)));
                yield return OpcodeForm.Plain($"rcp{word}{end}.{name}", type, [type],
                    With(f, ftz, false, v => ExactFloat.Divide(f.One, v[0], f, rounding)));
                yield return OpcodeForm.Plain($"sqrt{word}{end}.{name}", type, [type],
                    With(f, ftz, false, v => ExactFloat.SquareRoot(v[0], f, rounding)));
            }
        }

        yield return OpcodeForm.Plain($"mad.rn.{name}", type, [type, type, type],
            v => ExactFloat.MultiplyAdd(v[0], v[1], v[2], f, PtxRounding.Rn));
        foreach (OpcodeForm form in Extremes(type, type == F32))
            yield return form;
    }

    private static IEnumerable<OpcodeForm> Halves(PtxType type)
    {
        FloatFormat f = FloatFormat.ForType(type);
        foreach ((string end, bool ftz, bool sat) in type == F16
            ? [("", false, false), (".ftz", true, false), (".sat", false, true)] : new[] { ("", false, false) })
        {
            Closeness closeness = sat ? Closeness.AnyZero : Closeness.Exact;
            yield return OpcodeForm.Plain($"add{end}.{Name(type)}", type, [type, type],
                With(f, ftz, sat, v => ExactFloat.Add(v[0], v[1], f, PtxRounding.Rn)), closeness);
            yield return OpcodeForm.Plain($"sub.rn{end}.{Name(type)}", type, [type, type],
                With(f, ftz, sat, v => ExactFloat.Add(v[0], f.IsNaN(v[1]) ? v[1] : v[1] ^ f.Sign, f, PtxRounding.Rn)), closeness);
            yield return OpcodeForm.Plain($"mul{end}.{Name(type)}", type, [type, type],
                With(f, ftz, sat, v => ExactFloat.Multiply(v[0], v[1], f, PtxRounding.Rn)), closeness);
            yield return OpcodeForm.Plain($"fma.rn{end}.{Name(type)}", type, [type, type, type],
                With(f, ftz, sat, v => ExactFloat.MultiplyAdd(v[0], v[1], v[2], f, PtxRounding.Rn)), closeness);
        }

        yield return OpcodeForm.Plain($"fma.rn.relu.{Name(type)}", type, [type, type, type], v =>
            ExactFloat.MultiplyAdd(v[0], v[1], v[2], f, PtxRounding.Rn) is var sum && !f.IsNaN(sum)
            && f.IsNegative(sum) ? 0 : sum, Closeness.AnyZero);
        foreach (OpcodeForm form in Extremes(type, type == F16))
            yield return form;
    }

    /// <summary>
    /// Two halves in 32 bits, each computed separately; NaN is left out, since its bits are not specified, and so is the sign of a zero
    /// that saturation produces.
    /// </summary>
    private static IEnumerable<OpcodeForm> Packed(PtxType packed, PtxType type)
    {
        FloatFormat f = FloatFormat.ForType(type);
        Func<ulong[], ulong?> Both(Func<ulong[], ulong> one, bool anyZero = false) => v =>
        {
            ulong low = one([.. v.Select(bits => bits & 0xFFFF)]), high = one([.. v.Select(bits => bits >> 16)]);
            return f.IsNaN(low) || f.IsNaN(high) || (anyZero && (f.IsZero(low) || f.IsZero(high))) ? null : low | (high << 16);
        };
        string name = Name(packed);
        foreach ((string end, bool ftz, bool sat) in type == F16
            ? [("", false, false), (".ftz", true, false), (".sat", false, true)] : new[] { ("", false, false) })
        {
            Func<ulong[], ulong?> Each(Func<ulong[], ulong> one) => Both(v => With(f, ftz, sat, one)(v)!.Value, sat);
            yield return OpcodeForm.Plain($"add{end}.{name}", packed, [packed, packed],
                Each(v => ExactFloat.Add(v[0], v[1], f, PtxRounding.Rn)));
            yield return OpcodeForm.Plain($"sub{end}.{name}", packed, [packed, packed],
                Each(v => ExactFloat.Add(v[0], f.IsNaN(v[1]) ? v[1] : v[1] ^ f.Sign, f, PtxRounding.Rn)));
            yield return OpcodeForm.Plain($"mul.rn{end}.{name}", packed, [packed, packed],
                Each(v => ExactFloat.Multiply(v[0], v[1], f, PtxRounding.Rn)));
            yield return OpcodeForm.Plain($"fma.rn{end}.{name}", packed, [packed, packed, packed],
                Each(v => ExactFloat.MultiplyAdd(v[0], v[1], v[2], f, PtxRounding.Rn)));
        }

        yield return OpcodeForm.Plain($"fma.rn.relu.{name}", packed, [packed, packed, packed],
            Both(v => ExactFloat.MultiplyAdd(v[0], v[1], v[2], f, PtxRounding.Rn) is var sum && !f.IsNaN(sum)
            && f.IsNegative(sum) ? 0 : sum, anyZero: true));
        yield return OpcodeForm.Plain($"neg.{name}", packed, [packed], Both(v => v[0] ^ f.Sign));
        yield return OpcodeForm.Plain($"abs.{name}", packed, [packed], Both(v => v[0] & ~f.Sign));
        foreach ((string opcode, bool greater) in new[] { ("min", false), ("max", true) })
        {
            yield return OpcodeForm.Plain($"{opcode}.{name}", packed, [packed, packed], Both(v => Extreme(v[0], v[1], f, greater, false)));
            yield return OpcodeForm.Plain($"{opcode}.NaN.{name}", packed, [packed, packed],
                Both(v => Extreme(v[0], v[1], f, greater, true)));
            yield return OpcodeForm.Plain($"{opcode}.xorsign.abs.{name}", packed, [packed, packed],
                Both(v => ExtremeMagnitude(v[0], v[1], f, greater, false)));
        }
    }

    private static IEnumerable<OpcodeForm> Extremes(PtxType type, bool flushes)
    {
        FloatFormat f = FloatFormat.ForType(type);
        foreach ((string name, bool greater) in new[] { ("min", false), ("max", true) })
        {
            yield return OpcodeForm.Plain($"{name}.{Name(type)}", type, [type, type], v => Extreme(v[0], v[1], f, greater, false));
            if (flushes)
                yield return OpcodeForm.Plain($"{name}.ftz.{Name(type)}", type, [type, type],
                    With(f, true, false, v => Extreme(v[0], v[1], f, greater, false)));
            if (type != F64)
            {
                yield return OpcodeForm.Plain($"{name}.NaN.{Name(type)}", type, [type, type], v => Extreme(v[0], v[1], f, greater, true));
                yield return OpcodeForm.Plain($"{name}.xorsign.abs.{Name(type)}", type, [type, type],
                    v => ExtremeMagnitude(v[0], v[1], f, greater, false));
                yield return OpcodeForm.Plain($"{name}.NaN.xorsign.abs.{Name(type)}", type, [type, type],
                    v => ExtremeMagnitude(v[0], v[1], f, greater, true));
            }

            if (type == F32)
                yield return OpcodeForm.Plain($"{name}.ftz.xorsign.abs.f32", type, [type, type],
                    With(f, true, false, v => ExtremeMagnitude(v[0], v[1], f, greater, false)));
        }
    }

    /// <summary>The result for the magnitudes, with the product of the signs.</summary>
    private static ulong ExtremeMagnitude(ulong a, ulong b, FloatFormat f, bool greater, bool nanWins)
    {
        ulong found = Extreme(a & ~f.Sign, b & ~f.Sign, f, greater, nanWins);
        return f.IsNaN(found) ? found : found | ((a ^ b) & f.Sign);
    }

    /// <summary>-0 is less than +0; NaN is dropped, or propagated if requested.</summary>
    private static ulong Extreme(ulong a, ulong b, FloatFormat f, bool greater, bool nanWins)
    {
        if (f.IsNaN(a) || f.IsNaN(b))
            return nanWins || (f.IsNaN(a) && f.IsNaN(b)) ? f.NaN : f.IsNaN(a) ? b : a;
        long Order(ulong bits) => f.IsNegative(bits) ? -1 - (long)(bits & ~f.Sign) : (long)bits;
        return Order(a) > Order(b) == greater ? a : b;
    }

    private static IEnumerable<OpcodeForm> Signs()
    {
        foreach (PtxType type in new[] { F16, BF16, F32, F64 })
        {
            FloatFormat f = FloatFormat.ForType(type);
            yield return OpcodeForm.Plain($"neg.{Name(type)}", type, [type], v => v[0] ^ f.Sign);
            yield return OpcodeForm.Plain($"abs.{Name(type)}", type, [type], v => v[0] & ~f.Sign);
            if (type is F32 or F16)
            {
                yield return OpcodeForm.Plain($"neg.ftz.{Name(type)}", type, [type], With(f, true, false, v => v[0] ^ f.Sign));
                yield return OpcodeForm.Plain($"abs.ftz.{Name(type)}", type, [type], With(f, true, false, v => v[0] & ~f.Sign));
            }

            if (type is not (F32 or F64))
                continue;
            yield return OpcodeForm.Plain($"copysign.{Name(type)}", type, [type, type], v => (v[0] & f.Sign) | (v[1] & ~f.Sign));
            (string, Func<ulong, bool>)[] tests =
            [
                ("finite", v => !f.IsNaN(v) && !f.IsInfinite(v)), ("infinite", f.IsInfinite), ("number", v => !f.IsNaN(v)),
                ("notanumber", f.IsNaN),
                ("normal", v => !f.IsNaN(v) && !f.IsInfinite(v) && !f.IsZero(v) && !f.IsSubnormal(v)),
                ("subnormal", v => f.IsZero(v) || f.IsSubnormal(v)),
            ];
            foreach ((string word, Func<ulong, bool> holds) in tests)
            {
                // The ISA does not specify whether zero is normal or subnormal.
                yield return OpcodeForm.Plain($"testp.{word}.{Name(type)}", Pred, [type], v => f.IsZero(v[0])
                    && word is "normal" or "subnormal" && f.IsZero(v[0]) ? null : holds(v[0]) ? 1UL : 0UL);
            }
        }
    }

    private static IEnumerable<OpcodeForm> Approximations()
    {
        FloatFormat f = FloatFormat.ForType(F32);
        (string Name, Func<double, double> Function)[] functions =
        [
            ("rcp", x => 1 / x), ("sqrt", Math.Sqrt), ("rsqrt", x => 1 / Math.Sqrt(x)), ("ex2", x => Math.Pow(2, x)),
            ("lg2", x => x < 0 ? double.NaN : Math.Log2(x)),
        ];
        foreach ((string name, Func<double, double> function) in functions)
        {
            yield return OpcodeForm.Plain($"{name}.approx.f32", F32, [F32], v => InSingle(function, v[0], f, false), Closeness.Approximate);
            yield return OpcodeForm.Plain($"{name}.approx.ftz.f32", F32, [F32], v => InSingle(function, v[0], f, true),
                Closeness.Approximate);
        }

        // The approximation does not reduce large arguments exactly.
        Func<ulong[], ulong?> Near(Func<double, double> function)
            => v => Math.Abs(Single(v[0])) is > 3.0 or < 1e-4 ? null : InSingle(function, v[0], f, false);
        yield return OpcodeForm.Plain("sin.approx.f32", F32, [F32], Near(Math.Sin), Closeness.Coarse);
        yield return OpcodeForm.Plain("cos.approx.f32", F32, [F32], Near(Math.Cos), Closeness.Coarse);
        yield return OpcodeForm.Plain("tanh.approx.f32", F32, [F32], v => InSingle(Math.Tanh, v[0], f, false), Closeness.Coarse);
        // Divisors beyond 2^126 give 0 in these forms.
        ulong? Quotient(ulong[] v)
            => Math.Abs(Single(v[1])) is > 8.5e37 and < double.PositiveInfinity
                ? null : BitConverter.SingleToUInt32Bits((float)(Single(v[0]) / Single(v[1])));
        yield return OpcodeForm.Plain("div.full.f32", F32, [F32, F32], Quotient, Closeness.Approximate);
        yield return OpcodeForm.Plain("div.approx.f32", F32, [F32, F32], Quotient, Closeness.Approximate);
        yield return OpcodeForm.Plain("rsqrt.approx.f64", F64, [F64], v =>
            FloatFormat.ForType(F64).IsSubnormal(v[0]) ? null
            : BitConverter.DoubleToUInt64Bits(1 / Math.Sqrt(BitConverter.UInt64BitsToDouble(v[0]))), Closeness.Approximate);
    }

    /// <summary>Approximations of halves, and those that produce the upper half of a double.</summary>
    private static IEnumerable<OpcodeForm> NarrowApproximations()
    {
        foreach (PtxType type in new[] { F16, BF16 })
        {
            FloatFormat f = FloatFormat.ForType(type), wide = FloatFormat.ForType(F64);
            ulong Evaluate(ulong bits, Func<double, double> function) =>
                ExactFloat.Convert(BitConverter.DoubleToUInt64Bits(
                function(BitConverter.UInt64BitsToDouble(ExactFloat.Convert(bits, f, wide, PtxRounding.Rn)))), wide, f, PtxRounding.Rn);
            yield return OpcodeForm.Plain($"tanh.approx.{Name(type)}", type, [type], v => Evaluate(v[0], Math.Tanh), Closeness.Coarse);
            yield return type == F16
                ? OpcodeForm.Plain("ex2.approx.f16", type, [type], v => Evaluate(v[0], x => Math.Pow(2, x)), Closeness.Coarse)
                : OpcodeForm.Plain("ex2.approx.ftz.bf16", type, [type], v =>
                    f.Flushed(Evaluate(f.Flushed(v[0]), x => Math.Pow(2, x))), Closeness.Coarse);
        }

        FloatFormat d = FloatFormat.ForType(F64);
        ulong? Upper(ulong bits, Func<double, double> function) =>
            d.Flushed(BitConverter.DoubleToUInt64Bits(
            function(BitConverter.UInt64BitsToDouble(d.IsNaN(bits) ? bits : d.Flushed(bits & ~0xFFFFFFFFUL))))) is var result
            && d.IsNaN(result) ? result : result & ~0xFFFFFFFFUL;
        yield return OpcodeForm.Plain("rcp.approx.ftz.f64", F64, [F64], v => Upper(v[0], x => 1 / x), Closeness.Approximate);
        yield return OpcodeForm.Plain("rsqrt.approx.ftz.f64", F64, [F64], v => Upper(v[0], x => 1 / Math.Sqrt(x)), Closeness.Approximate);
        yield return new("rcp.approx.ftz.f64 {d}, {0}; and.b64 {d}, {d}, 0xFFFFFFFF;", B64, [F64], _ => 0);
    }

    private static double Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static ulong? InSingle(Func<double, double> function, ulong bits, FloatFormat f, bool ftz)
    {
        ulong result = BitConverter.SingleToUInt32Bits((float)function(Single(ftz ? f.Flushed(bits) : bits)));
        // Subnormal results of approximations are not specified exactly.
        return ftz ? f.Flushed(result) : result;
    }
}
