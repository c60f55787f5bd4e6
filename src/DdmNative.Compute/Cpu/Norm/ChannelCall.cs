using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// A call that computes every sample and channel independently, over samples and blocks of sixteen channels, which fill the lanes.
/// </summary>
internal abstract unsafe class ChannelCall(string name, TensorShape images) : CpuCall(name, images.Members, images.Samples)
{
    protected int Channels { get; } = images.Channels;

    protected int Pixels { get; } = images.Height * images.Width;

    public override void Execute(in Tile tile)
    {
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            int channel = 0;
            for (; channel + LanePart.Lanes <= Channels; channel += LanePart.Lanes)
                Compute<WholeLanes>(tile, sample, channel, LanePart.Lanes);
            if (channel < Channels)
                Compute<PartLanes>(tile, sample, channel, Channels - channel);
            EndSample(tile, sample);
        }
    }

    /// <summary>Called after a sample's last channels.</summary>
    internal protected virtual void EndSample(in Tile tile, int sample)
    {
    }

    /// <summary>
    /// Computes one sample's channels from <paramref name="channel"/> on: sixteen, or the <paramref name="lanes"/> that remain.
    /// </summary>
    protected abstract void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        where TLanes : struct, ILaneAccess;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static Vector512<float> Add(Vector512<float> product, Vector512<float> factor, Vector512<float> sum)
        => Vector512.MultiplyAddEstimate(product, factor, sum);
}
