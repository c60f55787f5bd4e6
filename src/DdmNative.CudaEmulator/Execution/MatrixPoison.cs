using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// How <see cref="PoisonOperations.Mix"/> handles matrix products: an element of D depends on a row of A, a column of B and one element of
/// C.
/// </summary>
internal static class MatrixPoison
{
    /// <summary>Numbers of registers of A and of B.</summary>
    public static (int A, int B) Registers(PtxInstruction instruction) => (Count(instruction.Operands[1]), Count(instruction.Operands[2]));

    /// <summary>A register whose elements are all one; sums of products of ones and zeros are zero exactly if every product is.</summary>
    public static ulong One(PtxInstruction instruction, PtxMatrix matrix)
    {
        IReadOnlyList<PtxType> types = instruction.Modifiers.Types;
        // For wmma over halves only the types of D and C are written.
        PtxType type = matrix == PtxMatrix.C ? types[^1] : types.Count > 2 ? types[matrix == PtxMatrix.A ? 1 : 2] : PtxType.F16;
        return type switch
        {
            PtxType.F64 => BitConverter.DoubleToUInt64Bits(1),
            PtxType.F32 or PtxType.TF32 => BitConverter.SingleToUInt32Bits(1),
            PtxType.F16 => 0x3c003c00,
            PtxType.BF16 => 0x3f803f80,
            PtxType.E4M3 => 0x38383838,
            PtxType.E5M2 => 0x3c3c3c3c,
            PtxType.S8 or PtxType.U8 => 0x01010101,
            PtxType.S4 or PtxType.U4 => 0x11111111,
            PtxType.B1 => uint.MaxValue,
            _ => 1,
        };
    }

    /// <summary>Whether equal bits give zero (XOR): then zeros, next to the bits that mark poison, let these through.</summary>
    public static bool Differs(PtxInstruction instruction) => instruction.Modifiers.Operation == PtxOperation.Xor;

    private static int Count(PtxOperand operand) => operand is PtxVectorOperand vector ? vector.Elements.Count : 1;
}
