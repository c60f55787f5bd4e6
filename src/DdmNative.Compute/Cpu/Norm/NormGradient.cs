using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// A norm's gradients δγ and δβ while they are summed over the samples, with the samples' products with directions if they are requested.
/// </summary>
internal sealed unsafe class NormGradient(GradientSum scale, GradientSum shift, NormProducts? products, int channels)
{
    /// <summary>Floats of a sample's own terms.</summary>
    public long TemporaryFloats => products is null ? 0 : 2 * channels;

    /// <summary>Adds a sample's own terms to δγ and δβ, and keeps them for their products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add<TLanes>(in Tile tile, int channel, int lanes, Vector16 scaleTerms, Vector16 shiftTerms)
        where TLanes : struct, ILaneAccess<Vector16>
    {
        scale.Add<TLanes>(tile, channel, lanes, scaleTerms);
        shift.Add<TLanes>(tile, channel, lanes, shiftTerms);
        if (products is null)
            return;
        TLanes.Store(scaleTerms, tile.Workspace.Temporary + channel, lanes);
        TLanes.Store(shiftTerms, tile.Workspace.Temporary + channels + channel, lanes);
    }

    /// <summary>Writes the products of a sample whose channels were all added.</summary>
    public void EndSample(in Tile tile, int sample) => products?.Write(tile, sample, tile.Workspace.Temporary, channels);
}
