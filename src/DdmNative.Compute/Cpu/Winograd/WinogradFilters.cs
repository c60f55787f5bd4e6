namespace DdmNative.Compute.Cpu;

/// <summary>
/// One filter bank in Winograd's domain: panels of 32 outputs, each [36, channels, 32] with the channels rounded up to whole vectors and
/// the 36 planes a cache line more than their length apart (see <see cref="WinogradTiles"/>). A shared bank is transformed once per thread
/// and run, a member's own once per member, or, if it is used only once, panel by panel in memory that fits the second-level cache.
/// </summary>
internal sealed unsafe class WinogradFilters
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    private readonly CorrelationShape _shape;
    private readonly FilterPanels _packing;
    private readonly int _channels;

    public WinogradFilters(in CorrelationShape shape)
    {
        _shape = shape;
        _channels = WinogradTiles.RoundUp(shape.InputChannels);
        _packing = new FilterPanels(shape, FilterPanels.Chunk);
        PlaneStride = _channels * Columns + LanePart.Lanes;
    }

    /// <summary>Floats from one product's [channels, 32] to the next one's.</summary>
    public int PlaneStride { get; }

    public int PanelLength => WinogradTransform.Products * PlaneStride;

    /// <summary>Floats of temporary memory that <see cref="TransformPanel"/> needs.</summary>
    public int ChunkLength => _shape.Taps * FilterPanels.Chunk * Columns;

    /// <summary>Packs and transforms sixteen inputs at a time, which stay in the first-level cache in between.</summary>
    public void TransformPanel(float* filter, int panel, float* target, float* chunk)
    {
        const int row = FilterPanels.Chunk * Columns;
        for (int input = 0; input < _shape.InputChannels; input += FilterPanels.Chunk)
        {
            if (input + FilterPanels.Chunk > _shape.InputChannels)
                new Span<float>(chunk, ChunkLength).Clear();
            _packing.PackChunk(filter, panel, input, chunk);
            WinogradTransform.Filter(chunk, row, target + input * Columns, PlaneStride, row);
        }
    }

    /// <summary>
    /// Prefetches one of <paramref name="parts"/> parts of the filters that <see cref="TransformPanel"/> reads for a panel. They are short
    /// rows far apart, which the processor does not prefetch by itself.
    /// </summary>
    public void Fetch(float* filter, int panel, int part, int parts) => _packing.Fetch(filter, panel, part, parts);
}
