namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Which matrix of D = A B + C a fragment belongs to.</summary>
public enum PtxMatrix : byte { A, B, C, D }

/// <summary>How many registers of a thread hold its part of a matrix, for mma and wmma (ISA 8.x, chapters 9.7.13 and 9.7.14).</summary>
public static class PtxFragment
{
    /// <summary>
    /// Registers per thread, of 32 bits; for f64 one value each. <paramref name="warpMatrix"/> selects wmma, whose f16 fragments A and B
    /// hold every value twice.
    /// </summary>
    public static int Registers(bool warpMatrix, PtxMatrix matrix, (int M, int N, int K) shape, PtxType type)
    {
        if (warpMatrix && type == PtxType.F16 && matrix is PtxMatrix.A or PtxMatrix.B)
            return 8;
        int values = matrix switch
        {
            PtxMatrix.A => shape.M * shape.K,
            PtxMatrix.B => shape.K * shape.N,
            _ => shape.M * shape.N,
        };
        int bits = Bits(type);
        return bits == 64 ? values / 32 : values * bits / (32 * 32);
    }

    /// <summary>
    /// The type of a matrix, from the types that the instruction names: D, A, B, C, or D and C of halves, or that of the matrix that is
    /// moved.
    /// </summary>
    public static PtxType TypeOf(PtxModifiers modifiers, PtxMatrix matrix) => (modifiers.Types.Count, matrix) switch
    {
        (1, _) or (_, PtxMatrix.D) => modifiers.Types[0],
        (2, PtxMatrix.C) => modifiers.Types[1],
        (2, _) => PtxType.F16,
        _ => modifiers.Types[1 + (int)matrix],
    };

    private static int Bits(PtxType type) => type switch
    {
        PtxType.B1 => 1,
        PtxType.S4 or PtxType.U4 => 4,
        _ => 8 * type.ByteSize(),
    };
}
