namespace DdmNative.Compute.Cpu;

/// <summary>
/// The same result as <see cref="CorrelationCall"/> through Winograd's transform: images to [36, tiles, channels], 36 products with the transformed
/// filters [36, panel, channels, 32], and back. A block's tiles of all samples are the rows of one product.
/// </summary>
/// <remarks>
/// A quarter of the multiply–adds for the price of the transforms: about 36·C/16 · 12 vector operations a tile in and 24·O/16 · 10 out, against 36·C·O/16
/// multiply–adds between them; so it pays from sixteen channels on, where tiles fit the image.
/// </remarks>
internal sealed unsafe class WinogradCorrelationCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    /// <summary>Rows of one product: enough to reuse a filter panel from the first-level cache, few enough that images and products stay in the second.</summary>
    private const int TargetTiles = 32;

    private readonly CorrelationShape shape;
    private readonly WinogradTiles tiles;
    private readonly (CpuOperand Image, CpuParameters Filter)[] sources;
    private readonly CpuParameters? bias;
    private readonly CpuOperand output;
    private readonly int sourceStride;
    private readonly int channels;
    private readonly int panels;
    private readonly bool isShared;

    public WinogradCorrelationCall(string name, CorrelationShape shape, (Tensor Image, Slice Filter)[] sources, Slice? bias, Tensor output)
        : base(name, output.Shape.Members, output.Shape.Samples)
    {
        this.shape = shape;
        tiles = new WinogradTiles(shape);
        this.sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Filter)));
        this.bias = ReadOptional(bias);
        this.output = Write(output);
        sourceStride = WinogradTiles.RoundUp(shape.InputChannels);
        channels = sources.Length * sourceStride;
        panels = FilterPanels.Count(shape.OutputChannels);
        isShared = Array.TrueForAll(this.sources, source => source.Filter.IsShared) && this.bias?.IsShared != false;
        RetainedFloats = FilterLength + panels * Columns;
    }

    private long FilterLength => (long)WinogradTransform.Products * panels * channels * Columns;

    private int PaddedLength => tiles.PaddedHeight * tiles.PaddedWidth * sourceStride;

    private int SamplesTogether => Math.Max(1, TargetTiles / tiles.Count);

    public override double FlopsPerSample => sources.Length * shape.Flops;

    public override long TemporaryFloats(int samples)
        => Math.Max(
            PaddedLength + (long)WinogradTransform.Products
                * (WinogradTiles.PlaneStride(SamplesTogether * tiles.Count, channels) + WinogradTiles.PlaneStride(SamplesTogether * tiles.Count, panels * Columns)),
            (long)panels * shape.Taps * channels * Columns);

    public override void Execute(in Tile tile)
    {
        float* filters = Retained(tile, isShared, out bool mustRenew);
        float* biases = filters + FilterLength;
        if (mustRenew)
        {
            TransformFilters(tile, filters);
            FilterPanels.PackBias(bias is null ? null : bias.At(tile), shape.OutputChannels, biases);
        }
        for (int first = tile.FirstSample; first < tile.EndSample; first += SamplesTogether)
            Correlate(tile, first, Math.Min(SamplesTogether, tile.EndSample - first), filters, biases);
    }

    private void Correlate(in Tile tile, int firstSample, int samples, float* filters, float* biases)
    {
        int rows = samples * tiles.Count, outputStride = panels * Columns;
        nint imagePlane = WinogradTiles.PlaneStride(rows, channels), productPlane = WinogradTiles.PlaneStride(rows, outputStride);
        float* images = tile.Workspace.Temporary;
        float* products = images + WinogradTransform.Products * imagePlane;
        float* padded = products + WinogradTransform.Products * productPlane;
        for (int i = 0; i < samples; i++)
            for (int source = 0; source < sources.Length; source++)
                tiles.TransformImage(
                    sources[source].Image.At(tile, firstSample + i), padded, images, rows, channels, i * tiles.Count, source * sourceStride);
        for (int product = 0; product < WinogradTransform.Products; product++)
        {
            for (int panel = 0; panel < panels; panel++)
            {
                MatrixMicroKernel.Multiply(
                    new Contraction
                    {
                        A = images + product * imagePlane,
                        RowStrideA = channels,
                        StepA = 1,
                        B = filters + ((long)product * panels + panel) * channels * Columns,
                        StepB = Columns,
                        Steps = channels,
                        Segments = 1,
                        C = products + product * productPlane + panel * Columns,
                        RowStrideC = outputStride,
                        Columns = Columns,
                    },
                    rows);
            }
        }
        for (int i = 0; i < samples; i++)
            tiles.TransformOutput(products, rows, outputStride, i * tiles.Count, biases, output.At(tile, firstSample + i));
    }

    private void TransformFilters(in Tile tile, float* filters)
    {
        float* packed = tile.Workspace.Temporary;
        Clear(packed, (long)panels * shape.Taps * channels * Columns);
        for (int i = 0; i < sources.Length; i++)
            FilterPanels.Pack(sources[i].Filter.At(tile), shape, packed, channels, i * sourceStride);
        nint row = channels * Columns;
        for (int panel = 0; panel < panels; panel++)
            for (int i = 0; i < row; i += LanePart.Lanes)
                WinogradTransform.Filter(packed + (nint)panel * shape.Taps * row + i, row, filters + panel * row + i, panels * row);
    }
}
