namespace DdmNative.Compute.Cpu;

/// <summary>
/// A call of a group norm: several passes over the channels of a sample, sixteen at a time, with a few values of each channel that a pass
/// leaves to the next one.
/// </summary>
internal abstract unsafe class GroupCall(string name, int groups, TensorShape images, int passes, int values)
    : CpuCall(name, images.Members, images.Samples)
{
    protected int Groups { get; } = groups;

    protected int Channels { get; } = images.Channels;

    protected int Pixels { get; } = images.Height * images.Width;

    public sealed override long TemporaryFloats(int samples) => (long)values * Channels;

    public sealed override void Execute(in Tile tile)
    {
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            BeginSample(tile, sample);
            for (int pass = 0; pass < passes; pass++)
            {
                int channel = 0;
                for (; channel + Vector16.Lanes <= Channels; channel += Vector16.Lanes)
                    Compute<WholeLanes<Vector16>>(tile, sample, pass, channel, Vector16.Lanes);
                if (channel < Channels)
                    Compute<PartLanes<Vector16>>(tile, sample, pass, channel, Channels - channel);
                EndPass(tile, sample, pass);
            }
        }
    }

    /// <summary>Called before a sample's first pass.</summary>
    protected virtual void BeginSample(in Tile tile, int sample)
    {
    }

    /// <summary>Called after each pass.</summary>
    protected abstract void EndPass(in Tile tile, int sample, int pass);

    /// <summary>Computes one pass over a sample's channels from <paramref name="channel"/> on: sixteen, or the rest.</summary>
    protected abstract void Compute<TLanes>(in Tile tile, int sample, int pass, int channel, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>;

    /// <summary>A value of every channel of the current sample.</summary>
    protected float* Value(in Tile tile, int which) => tile.Workspace.Temporary + (nint)which * Channels;

    protected (int First, int End) ChannelsOf(int group) => (group * (Channels / Groups), (group + 1) * (Channels / Groups));

    /// <summary>Gives all channels of a group the same value.</summary>
    protected void Spread(float* values, int group, float value)
    {
        (int first, int end) = ChannelsOf(group);
        new Span<float>(values + first, end - first).Fill(value);
    }
}
