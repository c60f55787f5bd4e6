namespace DdmNative.Compute.Cpu;

/// <summary>
/// A call that computes every sample and channel independently, over samples and blocks of sixteen channels.
/// </summary>
/// <remarks>
/// Sixteen channels of a pixel are one cache line. A kernel reads a block several times, and a block rarely stays in the first-level cache:
/// with eight channels at a time every pass would fetch each line twice. So eight lanes (AVX2) also work on sixteen channels:
/// <see cref="Vector16"/> is then a pair of registers, and <see cref="StripCall"/> serves kernels that have too many vectors for pairs.
/// </remarks>
internal abstract unsafe class ChannelCall(string name, TensorShape images) : CpuCall(name, images.Members, images.Samples)
{
    protected int Channels { get; } = images.Channels;

    protected int Pixels { get; } = images.Height * images.Width;

    public override void Execute(in Tile tile)
    {
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            int channel = 0;
            for (; channel + Vector16.Lanes <= Channels; channel += Vector16.Lanes)
                Compute<WholeLanes<Vector16>>(tile, sample, channel, Vector16.Lanes);
            if (channel < Channels)
                Compute<PartLanes<Vector16>>(tile, sample, channel, Channels - channel);
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
        where TLanes : struct, ILaneAccess<Vector16>;
}
