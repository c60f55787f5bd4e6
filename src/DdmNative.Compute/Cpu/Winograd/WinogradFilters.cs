namespace DdmNative.Compute.Cpu;

/// <summary>
/// One filter bank in Winograd's domain: panels of 32 outputs, each [36, channels, 32] with the channels rounded up to whole vectors and
/// the 36 planes a cache line more than their length apart (see <see cref="WinogradTiles"/>). A large bank that members
/// share is transformed once a run (<see cref="FilterBankCall"/>), a member's own once per member, or, if it is used only once, panel by
/// panel in memory that fits the second-level cache.
/// </summary>
internal sealed unsafe class WinogradFilters : IFilterPacking
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

    public CorrelationShape Shape => _shape;

    public int Parts => FilterPanels.Count(_shape.OutputChannels) * Chunks;

    public long Length => (long)FilterPanels.Count(_shape.OutputChannels) * PanelLength;

    /// <summary>Floats from one product's [channels, 32] to the next one's.</summary>
    public int PlaneStride { get; }

    public int PanelLength => WinogradTransform.Products * PlaneStride;

    public int ChunkLength => _shape.Taps * FilterPanels.Chunk * Columns;

    private int Chunks => _channels / FilterPanels.Chunk;

    public void Pack(float* filter, int part, float* target, float* chunk)
        => TransformChunk(filter, part / Chunks, part % Chunks * FilterPanels.Chunk, target + (nint)(part / Chunks) * PanelLength, chunk);

    /// <summary>Transforms the filters of one panel; <paramref name="chunk"/> has <see cref="ChunkLength"/> floats.</summary>
    public void TransformPanel(float* filter, int panel, float* target, float* chunk)
    {
        for (int input = 0; input < _shape.InputChannels; input += FilterPanels.Chunk)
            TransformChunk(filter, panel, input, target, chunk);
    }

    /// <summary>Packs and transforms sixteen inputs, which stay in the first-level cache in between.</summary>
    private void TransformChunk(float* filter, int panel, int input, float* target, float* chunk)
    {
        const int row = FilterPanels.Chunk * Columns;
        if (input + FilterPanels.Chunk > _shape.InputChannels)
            new Span<float>(chunk, ChunkLength).Clear();
        _packing.PackChunk(filter, panel, input, chunk);
        WinogradTransform.Filter(chunk, row, target + input * Columns, PlaneStride, row);
    }

    /// <summary>
    /// Prefetches one of <paramref name="parts"/> parts of the filters that <see cref="TransformPanel"/> reads for a panel. They are short
    /// rows far apart, which the processor does not prefetch by itself.
    /// </summary>
    public void Fetch(float* filter, int panel, int part, int parts) => _packing.Fetch(filter, panel, part, parts);
}
