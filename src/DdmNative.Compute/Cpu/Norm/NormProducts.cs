using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The samples' products of a norm's scale and shift with directions. A norm computes a sample's own terms of both gradients before it adds
/// them to the sums, so it does not need the differences of a running sum (<see cref="RunningProducts"/>).
/// </summary>
internal sealed unsafe class NormProducts(CpuParameters scaleDirections, CpuParameters shiftDirections, CpuOperand products,
    SampleProducts wanted)
{
    /// <summary>Writes the products of a sample's terms: δγ [C], then δβ [C].</summary>
    public void Write(in Tile tile, int sample, float* terms, int channels)
    {
        float* target = products.At(tile, sample) + wanted.Column;
        for (int d = 0; d < wanted.Count; d++)
            target[d] = (float)(VectorSum.Dot(terms, scaleDirections.At(tile, d), channels)
                + VectorSum.Dot(terms + channels, shiftDirections.At(tile, d), channels));
    }
}
