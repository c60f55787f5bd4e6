namespace DdmNative.Compute.Cpu;

/// <summary>
/// The same result as <see cref="CorrelationCall"/> through Winograd's transform: images to [36, tiles, channels], 36 products with the
/// transformed filters [36, panel, channels, 32], and back. A block's tiles of all samples are the rows of one product.
/// </summary>
/// <remarks>
/// A quarter of the multiply–adds at the cost of the transforms: about 36·C/16 · 12 vector operations a tile in and 24·O/16 · 10 out,
/// against 36·C·O/16 multiply–adds between them; so it pays from sixteen channels on, where tiles fit the image.
/// </remarks>
internal sealed unsafe class WinogradCorrelationCall : CpuCall, IFilterReader
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    /// <summary>
    /// Rows of one product: enough to reuse a filter panel from the first-level cache, few enough that images and products stay in the
    /// second.
    /// </summary>
    private const int TargetTiles = 32;

    /// <summary>The fewest samples for which a product leaves out the tiles that it does not serve.</summary>
    private const int LeastSamplesApart = 4;

    private readonly CorrelationShape _shape;
    private readonly WinogradTiles _tiles;
    private readonly WinogradFilters _filters;
    private readonly (CpuOperand Image, CpuParameters Filter)[] _sources;
    private readonly CpuParameters? _bias;
    private readonly CpuOperand _output;
    private readonly int _sourceStride;
    private readonly int _channels;
    private readonly int _panels;
    private readonly CpuOperand?[] _banks;
    private WinogradImagesCall? _shared;
    private CpuOperand? _sharedImages;

    public WinogradCorrelationCall(string name, CorrelationShape shape, (Tensor Image, Slice Filter)[] sources, Slice? bias, Tensor output)
        : base(name, output.Shape.Members, output.Shape.Samples)
    {
        _shape = shape;
        _tiles = new WinogradTiles(shape);
        _filters = new WinogradFilters(shape);
        _sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Filter)));
        _bias = ReadOptional(bias);
        _output = Write(output);
        _sourceStride = WinogradTiles.RoundUp(shape.InputChannels);
        _channels = sources.Length * _sourceStride;
        _panels = FilterPanels.Count(shape.OutputChannels);
        _banks = new CpuOperand?[sources.Length];
        RetainedParts = sources.Length;
        RetainedFloats = PassedFloats;
    }

    public IReadOnlyList<CpuParameters> Filters => Array.ConvertAll(_sources, source => source.Filter);

    public IFilterPacking Packing => _filters;

    public override long PassedFloats => _sources.Length * _filters.Length;

    /// <summary>The images, if all members of the ensemble read the same ones; otherwise null.</summary>
    internal (CpuTensor Images, CorrelationShape Shape)? SharedImages
        => Members > 1 && Samples > 1 && _sources.Length == 1 && _sources[0].Image.Tensor.Shape.Members == 1
            ? (_sources[0].Image.Tensor, _shape) : null;

    private int PaddedLength => _tiles.PaddedHeight * _tiles.PaddedWidth * _sourceStride;

    private int SamplesTogether => Math.Max(1, TargetTiles / _tiles.Count);

    public override double FlopsPerSample => _sources.Length * _shape.Flops;

    public override long TemporaryFloats(int samples)
        => _panels * Columns + _filters.ChunkLength + PaddedLength + (long)WinogradTransform.Products
            * (WinogradTiles.PlaneStride(SamplesTogether * _tiles.Count, _channels)
            + WinogradTiles.PlaneStride(SamplesTogether * _tiles.Count, _panels * Columns));

    /// <summary>Uses images that another call has transformed.</summary>
    internal void UseShared(WinogradImagesCall transform) => (_shared, _sharedImages) = (transform, ReadWhole(transform.Transformed));

    public void UseShared(int source, CpuTensor bank)
    {
        _banks[source] = ReadWhole(bank);
        RetainedFloats = _banks.Count(other => other is null) * _filters.Length;
    }

    public override void Execute(in Tile tile)
    {
        for (int i = 0; i < _sources.Length; i++)
        {
            if (_banks[i] is not null || IsUsedOnce(i) || !MustRenew(tile, _sources[i].Filter.IsShared, i))
                continue;
            for (int panel = 0; panel < _panels; panel++)
                TransformPanel(tile, i, panel, RetainedBank(tile, i) + (nint)panel * _filters.PanelLength);
        }
        float* biases = tile.Workspace.Temporary;
        FilterPanels.PackBias(_bias is null ? null : _bias.At(tile), _shape.OutputChannels, biases);
        for (int first = tile.FirstSample; first < tile.EndSample; first += SamplesTogether)
            Correlate(tile, first, Math.Min(SamplesTogether, tile.EndSample - first), biases);
    }

    /// <summary>A member's own filters that serve only one sample are not worth retaining.</summary>
    private bool IsUsedOnce(int source) => Samples == 1 && !_sources[source].Filter.IsShared;

    private void Correlate(in Tile tile, int firstSample, int samples, float* biases)
    {
        int rows = samples * _tiles.Count, outputStride = _panels * Columns;
        nint imagePlane = WinogradTiles.PlaneStride(rows, _channels), productPlane = WinogradTiles.PlaneStride(rows, outputStride);
        float* images = biases + _panels * Columns + _filters.ChunkLength;
        float* products = images + WinogradTransform.Products * imagePlane;
        float* padded = products + WinogradTransform.Products * productPlane;
        if (_shared is not null)
            images = _shared.At(_sharedImages!, tile, firstSample, out imagePlane);
        for (int i = 0; i < samples && _shared is null; i++)
            for (int source = 0; source < _sources.Length; source++)
                _tiles.TransformImage(
                    _sources[source].Image.At(tile, firstSample + i), padded, images, rows, _channels, i * _tiles.Count,
                    source * _sourceStride);
        if (Samples == 1)
        {
            // A panel's products follow its transform at once, while it is in the cache; meanwhile the next panel's filters are fetched.
            for (int panel = 0; panel < _panels; panel++)
                for (int product = 0; product < WinogradTransform.Products; product++)
                {
                    FetchFilters(tile, panel + 1, product);
                    MultiplyPanel(tile, panel, product, mayTransform: product == 0, rows, images, imagePlane, products, productPlane);
                }
        }
        else
        {
            // An image's plane is read once for all panels.
            for (int product = 0; product < WinogradTransform.Products; product++)
                for (int panel = 0; panel < _panels; panel++)
                    MultiplyPanel(tile, panel, product, mayTransform: false, rows, images, imagePlane, products, productPlane);
        }
        for (int i = 0; i < samples; i++)
            _tiles.TransformOutput(products, rows, outputStride, i * _tiles.Count, biases, _output.At(tile, firstSample + i));
    }

    private void FetchFilters(in Tile tile, int panel, int product)
    {
        for (int i = 0; i < _sources.Length && panel < _panels; i++)
            if (IsUsedOnce(i))
                _filters.Fetch(_sources[i].Filter.At(tile), panel, product, WinogradTransform.Products);
    }

    private void MultiplyPanel(
        in Tile tile, int panel, int product, bool mayTransform, int rows, float* images, nint imagePlane, float* products,
        nint productPlane)
    {
        float* first = PanelOf(tile, 0, panel, mayTransform), last = _sources.Length == 1 ? first : PanelOf(tile, 1, panel, mayTransform);
        var contraction = new Contraction
        {
            A = images + product * imagePlane,
            RowStrideA = _channels,
            StepA = 1,
            SegmentA = _sourceStride,
            B = first + (nint)product * _filters.PlaneStride,
            StepB = Columns,
            SegmentB = (nint)(last - first),
            Steps = _sourceStride,
            Segments = _sources.Length,
            C = products + product * productPlane + panel * Columns,
            RowStrideC = _panels * Columns,
            Columns = Columns,
        };
        (bool belowEdge, bool beyondEdge) = WinogradTiles.Serves(product);
        if (!_tiles.AreCut || !(belowEdge || beyondEdge) || rows < LeastSamplesApart * _tiles.Count)
        {
            MatrixMicroKernel.Multiply(contraction, rows);
            return;
        }
        (contraction.RowStrideA, contraction.RowStrideC) = (_tiles.Count * _channels, _tiles.Count * _panels * Columns);
        for (int row = 0; row < (belowEdge ? 1 : _tiles.Rows); row++)
        {
            for (int column = 0; column < (beyondEdge ? 1 : _tiles.Columns); column++)
            {
                int firstTile = row * _tiles.Columns + column;
                Contraction part = contraction;
                part.A += firstTile * _channels;
                part.C += firstTile * _panels * Columns;
                MatrixMicroKernel.Multiply(part, rows / _tiles.Count);
            }
        }
    }

    /// <summary>The thread's own copy of a source's filters: after those of the sources before it that have one.</summary>
    private float* RetainedBank(in Tile tile, int source)
        => Retained(tile) + (source > 0 && _banks[0] is null ? _filters.Length : 0);

    /// <summary>The address of a source's transformed panel; a panel that is used once is transformed there first.</summary>
    private float* PanelOf(in Tile tile, int source, int panel, bool mayTransform)
    {
        float* transformed = _banks[source] is CpuOperand bank ? bank.At(tile, 0) : RetainedBank(tile, source);
        if (!IsUsedOnce(source))
            return transformed + (nint)panel * _filters.PanelLength;
        if (mayTransform)
            TransformPanel(tile, source, panel, transformed);
        return transformed;
    }

    private void TransformPanel(in Tile tile, int source, int panel, float* target)
        => _filters.TransformPanel(_sources[source].Filter.At(tile), panel, target, tile.Workspace.Temporary + _panels * Columns);
}
