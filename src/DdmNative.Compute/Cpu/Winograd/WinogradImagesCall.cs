namespace DdmNative.Compute.Cpu;

/// <summary>
/// Transforms images that all members share (frozen activations under the depth dial) once for all of them, for the products of both
/// directions: slot by slot [36, tiles of the slot, channels], so that a tile of
/// <see cref="WinogradCorrelationCall"/> or <see cref="WinogradFilterGradientCall"/>, which never crosses a slot's end, finds its rows
/// adjacent.
/// </summary>
internal sealed unsafe class WinogradImagesCall : CpuCall
{
    private readonly WinogradTiles _tiles;
    private readonly CpuOperand _images, _transformed;
    private readonly int _channels, _slots;

    public WinogradImagesCall(CorrelationShape shape, CpuTensor images, Action<CpuTensor> own)
        : base("winograd.images", members: 1, images.Shape.Samples)
    {
        _tiles = new WinogradTiles(shape);
        _channels = WinogradTiles.RoundUp(shape.InputChannels);
        _slots = CpuPhase.SlotsOf(Samples);
        Transformed = new CpuTensor(TensorShape.Vector(1, checked((int)SlotOffset(_slots))), isTransient: false);
        own(Transformed);
        (_images, _transformed) = (Read(images), WriteWhole(Transformed));
    }

    public CpuTensor Transformed { get; }

    public override long TemporaryFloats(int samples) => (long)_tiles.PaddedHeight * _tiles.PaddedWidth * _channels;

    public override void Execute(in Tile tile)
    {
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            (int start, int count, long offset) = SlotOf(sample);
            _tiles.TransformImage(
                _images.At(tile, sample), tile.Workspace.Temporary, _transformed.At(tile, 0) + offset, count * _tiles.Count, _channels,
                    (sample - start) * _tiles.Count, firstChannel: 0);
        }
    }

    /// <summary>The first product's rows from a sample on, and the floats from one product's plane to the next one's.</summary>
    public float* At(CpuOperand operand, in Tile tile, int sample, out nint plane)
    {
        (int start, int count, long offset) = SlotOf(sample);
        plane = WinogradTiles.PlaneStride(count * _tiles.Count, _channels);
        return operand.At(tile, 0) + offset + (nint)(sample - start) * _tiles.Count * _channels;
    }

    private (int Start, int Count, long Offset) SlotOf(int sample)
    {
        int slot = (int)(((long)(sample + 1) * _slots - 1) / Samples), start = SlotStart(slot);
        return (start, SlotStart(slot + 1) - start, SlotOffset(slot));
    }

    private int SlotStart(int slot) => CpuPhase.SlotStart(Samples, _slots, slot);

    /// <summary>The planes of the slots before, each with the padding that <see cref="WinogradTiles.PlaneStride"/> adds.</summary>
    private long SlotOffset(int slot) => WinogradTransform.Products
        * ((long)SlotStart(slot) * _tiles.Count * _channels + (long)slot * WinogradTiles.PlaneStride(0, _channels));
}
