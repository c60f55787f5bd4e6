using DdmNative.CudaEmulator.Ptx;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>Checks the reference itself against the processor, for operations that the processor has.</summary>
public class ReferenceTests
{
    private const int Cases = 4000;

    [Fact]
    public void Single_precision_agrees_with_the_processor()
    {
        FloatFormat f = FloatFormat.ForType(PtxType.F32);
        Random random = new(1);
        foreach (ulong[] v in OpcodeValues.Cases([PtxType.F32, PtxType.F32], Cases, random))
        {
            (float a, float b) = (Single(v[0]), Single(v[1]));
            Same(a + b, ExactFloat.Add(v[0], v[1], f, PtxRounding.Rn), v);
            Same(a * b, ExactFloat.Multiply(v[0], v[1], f, PtxRounding.Rn), v);
            Same(a / b, ExactFloat.Divide(v[0], v[1], f, PtxRounding.Rn), v);
            Same(MathF.Sqrt(a), ExactFloat.SquareRoot(v[0], f, PtxRounding.Rn), v);
        }

        foreach (ulong[] v in OpcodeValues.Cases([PtxType.F32, PtxType.F32, PtxType.F32], Cases, random))
            Same(MathF.FusedMultiplyAdd(Single(v[0]), Single(v[1]), Single(v[2])),
                ExactFloat.MultiplyAdd(v[0], v[1], v[2], f, PtxRounding.Rn), v);
    }

    [Fact]
    public void Double_precision_and_halves_agree_with_the_processor()
    {
        FloatFormat f = FloatFormat.ForType(PtxType.F64), half = FloatFormat.ForType(PtxType.F16),
            single = FloatFormat.ForType(PtxType.F32);
        Random random = new(2);
        foreach (ulong[] v in OpcodeValues.Cases([PtxType.F64, PtxType.F64], Cases, random))
        {
            (double a, double b) = (BitConverter.UInt64BitsToDouble(v[0]), BitConverter.UInt64BitsToDouble(v[1]));
            Same(a + b, ExactFloat.Add(v[0], v[1], f, PtxRounding.Rn), v);
            Same(a / b, ExactFloat.Divide(v[0], v[1], f, PtxRounding.Rn), v);
            Same(Math.Sqrt(a), ExactFloat.SquareRoot(v[0], f, PtxRounding.Rn), v);
            Same((float)a, ExactFloat.Convert(v[0], f, single, PtxRounding.Rn), v);
            if (!double.IsNaN(a))
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)a), (ushort)ExactFloat.Convert(v[0], f, half, PtxRounding.Rn));
        }
    }

    [Fact]
    public void Directed_roundings_enclose_the_nearest_value()
    {
        FloatFormat f = FloatFormat.ForType(PtxType.F32);
        foreach (ulong[] v in OpcodeValues.Cases([PtxType.F32, PtxType.F32], Cases, new Random(3)))
        {
            float down = Single(ExactFloat.Multiply(v[0], v[1], f, PtxRounding.Rm)),
                up = Single(ExactFloat.Multiply(v[0], v[1], f, PtxRounding.Rp));
            float near = Single(ExactFloat.Multiply(v[0], v[1], f, PtxRounding.Rn)),
                zero = Single(ExactFloat.Multiply(v[0], v[1], f, PtxRounding.Rz));
            if (float.IsNaN(near))
                continue;
            Assert.True(down <= near && near <= up
                && zero == (near > 0 || (near == 0 && up > 0) ? down : up), $"{v[0]:X} {v[1]:X}: {down} {near} {up} {zero}");
            Assert.True(up == down || up == MathF.BitIncrement(down), $"{v[0]:X} {v[1]:X}: {down} {up}");
        }
    }

    private static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static void Same(float expected, ulong found, ulong[] from) =>
        Assert.True(float.IsNaN(expected)
        ? float.IsNaN(Single(found))
            : BitConverter.SingleToUInt32Bits(expected) == found,
                $"of {string.Join(", ", from.Select(bits => $"0x{bits:X}"))}: {Single(found)}, expected {expected}");

    private static void Same(double expected, ulong found, ulong[] from) => Assert.True(
        double.IsNaN(expected) ? double.IsNaN(BitConverter.UInt64BitsToDouble(found)) : BitConverter.DoubleToUInt64Bits(expected) == found,
        $"of {string.Join(", ", from.Select(bits => $"0x{bits:X}"))}: {BitConverter.UInt64BitsToDouble(found)}, expected {expected}");
}
