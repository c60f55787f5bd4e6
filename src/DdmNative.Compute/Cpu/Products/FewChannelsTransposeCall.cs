namespace DdmNative.Compute.Cpu;

/// <summary>
/// The transpose of a convolution that has few input channels, such as a network's first layer: δx = Σ over sources of Wᵀ∗δ. One product
/// [H′W′, O] · [O, I·k²] gives every cotangent pixel's share in every tap at once, and each pixel of δx then adds up its k² shares. The
/// taps fill the product's columns, of which <see cref="CorrelationCall"/> would use I of 32.
/// </summary>
/// <remarks>
/// The filter's rows [O, (I, k, k)] are the product's rows, padded to whole vectors. A sample reads H′W′·O floats once; its shares, H′W′·32
/// at most, stay in cache.
/// </remarks>
internal sealed unsafe class FewChannelsTransposeCall : CpuCall
{
    private readonly CorrelationShape _shape;
    private readonly (CpuOperand Cotangent, CpuParameters Filter)[] _sources;
    private readonly CpuOperand _output;
    private readonly int _run;
    private readonly int _columns;

    public FewChannelsTransposeCall(string name, CorrelationShape shape, (Tensor Cotangent, Slice Filter)[] sources, Tensor output)
        : base(name, output.Shape.Members, output.Shape.Samples)
    {
        _shape = shape;
        _sources = Array.ConvertAll(sources, source => (Read(source.Cotangent), Read(source.Filter)));
        _output = Write(output);
        _run = shape.OutputChannels * shape.Taps;
        _columns = WinogradTiles.RoundUp(_run);
        RetainedParts = sources.Length;
        RetainedFloats = (long)sources.Length * shape.InputChannels * _columns;
    }

    public override double FlopsPerSample => _sources.Length * _shape.Flops;

    private int Pixels => _shape.InputHeight * _shape.InputWidth;

    /// <summary>Whether all shares of a pixel fit one panel.</summary>
    public static bool Fits(CorrelationShape shape)
        => shape.IsTransposed && shape.Stride == 1 && shape.OutputChannels * shape.Taps <= MatrixMicroKernel.PanelColumns;

    public override long TemporaryFloats(int samples) => (long)Pixels * _columns;

    public override void Execute(in Tile tile)
    {
        for (int i = 0; i < _sources.Length; i++)
        {
            if (MustRenew(tile, _sources[i].Filter.IsShared, i))
                Widen(_sources[i].Filter.At(tile), Widened(tile, i));
        }
        float* shares = tile.Workspace.Temporary;
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            for (int i = 0; i < _sources.Length; i++)
                MatrixMicroKernel.Multiply(
                    new Contraction
                    {
                        A = _sources[i].Cotangent.At(tile, sample),
                        RowStrideA = _shape.InputChannels,
                        StepA = 1,
                        B = Widened(tile, i),
                        StepB = _columns,
                        Steps = _shape.InputChannels,
                        Segments = 1,
                        C = shares,
                        RowStrideC = _columns,
                        Columns = _columns,
                        Accumulate = i > 0,
                    },
                    Pixels);
            AddShares(shares, _output.At(tile, sample));
        }
    }

    /// <summary>A source's filter as [O, columns].</summary>
    private float* Widened(in Tile tile, int source) => Retained(tile) + (nint)source * _shape.InputChannels * _columns;

    private void Widen(float* filter, float* widened)
    {
        Clear(widened, (long)_shape.InputChannels * _columns);
        for (int row = 0; row < _shape.InputChannels; row++)
            new ReadOnlySpan<float>(filter + (nint)row * _run, _run).CopyTo(new Span<float>(widened + (nint)row * _columns, _run));
    }

    /// <summary>
    /// δx[h, w, i] = Σ over taps (a, b) of the share that cotangent pixel (h + p − a, w + p − b) has for them, p being the convolution's
    /// padding.
    /// </summary>
    private void AddShares(float* shares, float* image)
    {
        int k = _shape.KernelSize, padding = k - 1 - _shape.Padding, channels = _shape.OutputChannels;
        for (int h = 0; h < _shape.OutputHeight; h++)
        {
            for (int w = 0; w < _shape.OutputWidth; w++)
            {
                float* pixel = image + ((nint)h * _shape.OutputWidth + w) * channels;
                int firstRow = Math.Max(0, h + padding - _shape.InputHeight + 1), endRow = Math.Min(k, h + padding + 1);
                int firstColumn = Math.Max(0, w + padding - _shape.InputWidth + 1), endColumn = Math.Min(k, w + padding + 1);
                for (int channel = 0; channel < channels; channel++)
                {
                    float sum = 0;
                    for (int a = firstRow; a < endRow; a++)
                        for (int b = firstColumn; b < endColumn; b++)
                            sum += shares[((nint)(h + padding - a) * _shape.InputWidth + (w + padding - b)) * _columns + channel
                                * _shape.Taps + a * k + b];
                    pixel[channel] = sum;
                }
            }
        }
    }
}
