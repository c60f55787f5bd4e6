using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// A call whose loops have more live vectors than sixteen registers hold as pairs. With eight lanes it computes the halves of sixteen
/// channels in turn, strip by strip: the pixels of a strip, whose cache lines contain both halves, are still in the first-level cache for
/// the second half. With sixteen lanes the whole image is one strip.
/// </summary>
internal abstract class StripCall(string name, TensorShape images) : ChannelCall(name, images)
{
    /// <summary>
    /// Pixels of a strip. With 128 channels, pixels are 512 bytes apart and share 8 of the 64 sets of a first-level cache of 32 KB with 8
    /// ways: 64 pixels, of two images.
    /// </summary>
    public const int StripPixels = 28;

    /// <summary>Vectors that take turns for <paramref name="lanes"/> channels.</summary>
    public static int Parts<TVector>(int lanes)
        where TVector : unmanaged, IVector<TVector>
        => Math.Max(1, lanes / TVector.Lanes);

    /// <summary>The length of a strip if vectors take turns, otherwise all of <paramref name="whole"/>.</summary>
    public static int StripLength<TVector>(int strip, int whole)
        where TVector : unmanaged, IVector<TVector>
        => TVector.Lanes < LanePart.Lanes ? strip : whole;

    protected sealed override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Compute<Vector16, TLanes>(tile, sample, channel, lanes);
            return;
        }
        int whole = lanes / Vector8.Lanes * Vector8.Lanes;
        if (whole > 0)
            Compute<Vector8, WholeLanes<Vector8>>(tile, sample, channel, whole);
        if (whole < lanes)
            Compute<Vector8, PartLanes<Vector8>>(tile, sample, channel + whole, lanes - whole);
    }

    /// <summary>
    /// Computes one sample's channels from <paramref name="channel"/> on: one or two whole vectors, or the <paramref name="lanes"/> that
    /// remain.
    /// </summary>
    protected abstract void Compute<TVector, TLanes>(in Tile tile, int sample, int channel, int lanes)
        where TVector : unmanaged, IVector<TVector>
        where TLanes : struct, ILaneAccess<TVector>;
}
