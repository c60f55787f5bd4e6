using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The samples' products of a norm's scale and shift with directions. A norm has a sample's own terms in registers before it adds them to the sums, sixteen channels at a time; their
/// products are added up over the channels where they are to lie.
/// </summary>
internal sealed unsafe class NormProducts(CpuParameters scaleDirections, CpuParameters shiftDirections, CpuOperand products, SampleProducts wanted)
{
    /// <summary>Adds what these channels contribute; those of the first channels are assigned.</summary>
    public void Add<TLanes>(in Tile tile, int sample, int channel, int lanes, Vector512<float> scaleTerms, Vector512<float> shiftTerms)
        where TLanes : struct, ILaneAccess
    {
        float* target = products.At(tile, sample) + wanted.Column;
        for (int d = 0; d < wanted.Count; d++)
        {
            Vector512<float> scale = TLanes.Load(scaleDirections.At(tile, d) + channel, lanes), shift = TLanes.Load(shiftDirections.At(tile, d) + channel, lanes);
            float product = Vector512.Sum(scaleTerms * scale + shiftTerms * shift);
            target[d] = channel == 0 ? product : target[d] + product;
        }
    }
}
