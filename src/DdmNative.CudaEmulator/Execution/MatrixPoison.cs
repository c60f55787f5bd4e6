using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// What <see cref="PoisonOperations.Mix"/> needs to know of matrix products: an element of D comes from a row of A, a column of B and one
/// element of C.
/// </summary>
internal static class MatrixPoison
{
    /// <summary>Registers of A and of B.</summary>
    public static (int A, int B) Registers(PtxInstruction instruction) => (Count(instruction.Operands[1]), Count(instruction.Operands[2]));

    /// <summary>
    /// A register full of elements of the matrix that are one; products and sums of ones and zeros are zero only where they should be.
    /// </summary>
    public static ulong One(PtxInstruction instruction, PtxMatrix matrix)
    {
        IReadOnlyList<PtxType> types = instruction.Modifiers.Types;
        // Of wmma over halves only D and C are written.
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

    /// <summary>Whether bits that are alike give zero: then zeros beside those that tell let these through.</summary>
    public static bool Differs(PtxInstruction instruction) => instruction.Modifiers.Operation == PtxOperation.Xor;

    private static int Count(PtxOperand operand) => operand is PtxVectorOperand vector ? vector.Elements.Count : 1;
}
