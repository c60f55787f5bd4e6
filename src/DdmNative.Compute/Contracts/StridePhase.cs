namespace DdmNative.Compute.Contracts;

/// <summary>
/// The rows (or columns) h = σj + <paramref name="Offset"/> of the image of a convolution with stride σ, padding p and k taps a direction.
/// Row h meets cotangent row r through tap a where h + p = σr + a, so all these rows meet the same taps, every σ-th, and their neighbours
/// in the phase meet neighbouring cotangent rows: the transpose is a convolution of stride 1 with those taps, phase by phase, and no
/// multiplication by the zeros between cotangents.
/// </summary>
/// <param name="Offset">The first row, below σ.</param>
/// <param name="FirstTap">The lowest tap, below σ.</param>
/// <param name="Taps">Taps; none if the stride is longer than the filter.</param>
/// <param name="FirstRow">The cotangent row that row j = 0 meets through the highest tap. Negative: outside.</param>
public readonly record struct StridePhase(int Offset, int FirstTap, int Taps, int FirstRow)
{
    /// <summary>The phases of a convolution, in the order of their offsets. Every tap belongs to one.</summary>
    public static StridePhase[] All(int kernelSize, int padding, int stride)
    {
        var phases = new StridePhase[stride];
        for (int offset = 0; offset < stride; offset++)
        {
            (int lowest, int first) = int.DivRem(offset + padding, stride);
            int taps = (kernelSize - first + stride - 1) / stride;
            phases[offset] = new StridePhase(offset, first, taps, lowest - (taps - 1));
        }
        return phases;
    }

    /// <summary>Rows of the phase in an image of <paramref name="length"/>.</summary>
    public int Count(int length, int stride) => (length - Offset + stride - 1) / stride;
}
