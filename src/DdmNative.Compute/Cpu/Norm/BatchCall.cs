namespace DdmNative.Compute.Cpu;

/// <summary>What every call of a batch norm works on: images, the samples that are in the batch, and its statistics.</summary>
internal readonly record struct BatchImages(TensorShape Shape, Tensor X, Tensor? Presence, Tensor Statistics);

/// <summary>A call of a batch norm whose statistics are known.</summary>
internal abstract unsafe class BatchCall : ChannelCall
{
    private readonly CpuOperand _x;
    private readonly CpuOperand _statistics;

    protected BatchCall(string name, BatchImages images)
        : base(name, images.Shape)
    {
        (_x, _statistics) = (Read(images.X), ReadWhole(images.Statistics));
        Presence = new BatchPresence(images.Presence is null ? null : ReadWhole(images.Presence), images.Shape.Samples);
    }

    protected BatchPresence Presence { get; }

    public sealed override long TemporaryFloats(int samples) => 1;

    public sealed override void Execute(in Tile tile)
    {
        // Once for the tile; a member has the same number in all tiles.
        *tile.Workspace.Temporary = Math.Max(Presence.Count(tile), 1) * (float)Pixels;
        base.Execute(tile);
    }

    /// <summary>The present values of a channel; at least one sample's, so that the means of none are zero.</summary>
    protected static Vector16 BatchLength(in Tile tile) => Vector16.Create(*tile.Workspace.Temporary);

    protected float* X(in Tile tile, int sample) => _x.At(tile, sample);

    protected Vector16 Mean<TLanes>(in Tile tile, int channel, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
        => TLanes.Load(_statistics.At(tile, 0) + channel, lanes);

    protected Vector16 Reciprocal<TLanes>(in Tile tile, int channel, int lanes)
        where TLanes : struct, ILaneAccess<Vector16>
        => TLanes.Load(_statistics.At(tile, 0) + Channels + channel, lanes);
}
