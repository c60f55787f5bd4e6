namespace DdmNative.Compute.Cpu;

/// <summary>
/// The transpose of a strided convolution that has few input channels, such as a residual network's first layer: δx = Σ over sources of
/// Wᵀ∗δ. As in <see cref="FewChannelsTransposeCall"/>, the taps fill the columns of one product, [W′, O] · [O, k²·I] for a row of
/// cotangents; a tap row's k·I shares are then added to as many consecutive floats of δx.
/// </summary>
/// <remarks>
/// <see cref="CorrelationCall"/> would use I of sixteen columns. A row's shares, W′·k²·I floats, stay in the first-level cache. A pixel
/// adds its shares in the order of the taps, because rows and pixels are taken from the last to the first.
/// </remarks>
internal sealed unsafe class ScatteredTransposeCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    /// <summary>The most channels of the result: from there on the other way uses at least half of its columns.</summary>
    private const int MostChannels = 8;

    private readonly CorrelationShape _shape;
    private readonly (CpuOperand Cotangent, CpuParameters Filter)[] _sources;
    private readonly CpuOperand _output;
    private readonly int _run;
    private readonly int _columns;

    public ScatteredTransposeCall(string name, CorrelationShape shape, (Tensor Cotangent, Slice Filter)[] sources, Tensor output)
        : base(name, output.Shape.Members, output.Shape.Samples)
    {
        _shape = shape;
        _sources = Array.ConvertAll(sources, source => (Read(source.Cotangent), Read(source.Filter)));
        _output = Write(output);
        _run = shape.Taps * shape.OutputChannels;
        _columns = WinogradTiles.RoundUp(_run);
        RetainedParts = sources.Length;
        RetainedFloats = (long)sources.Length * shape.InputChannels * _columns;
    }

    public override double FlopsPerSample => _sources.Length * _shape.Flops;

    /// <summary>Whether the taps fill the columns better than the channels would.</summary>
    public static bool Fits(CorrelationShape shape)
        => shape is { IsTransposed: true, Stride: > 1, KernelSize: > 1, OutputChannels: <= MostChannels };

    public override long TemporaryFloats(int samples) => (long)_shape.InputWidth * _columns;

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
            float* image = _output.At(tile, sample);
            Clear(image, (long)_shape.OutputHeight * _shape.OutputWidth * _shape.OutputChannels);
            for (int row = _shape.InputHeight - 1; row >= 0; row--)
            {
                for (int i = 0; i < _sources.Length; i++)
                    Multiply(tile, i, sample, row, shares);
                for (int column = _shape.InputWidth - 1; column >= 0; column--)
                    AddShares(shares + (nint)column * _columns, row, column, image);
            }
        }
    }

    /// <summary>A source's filter as [O, columns], the columns in the order (tap, channel).</summary>
    private float* Widened(in Tile tile, int source) => Retained(tile) + (nint)source * _shape.InputChannels * _columns;

    private void Widen(float* filter, float* widened)
    {
        int taps = _shape.Taps, channels = _shape.OutputChannels;
        Clear(widened, (long)_shape.InputChannels * _columns);
        for (int row = 0; row < _shape.InputChannels; row++, filter += _run, widened += _columns)
            for (int tap = 0; tap < taps; tap++)
                for (int channel = 0; channel < channels; channel++)
                    widened[tap * channels + channel] = filter[channel * taps + tap];
    }

    /// <summary>The shares of a row of cotangents, [W′, columns].</summary>
    private void Multiply(in Tile tile, int source, int sample, int row, float* shares)
    {
        float* cotangents = _sources[source].Cotangent.At(tile, sample) + (nint)row * _shape.InputWidth * _shape.InputChannels;
        for (int column = 0; column < _columns; column += Columns)
            MatrixMicroKernel.Multiply(
                new Contraction
                {
                    A = cotangents,
                    RowStrideA = _shape.InputChannels,
                    StepA = 1,
                    B = Widened(tile, source) + column,
                    StepB = _columns,
                    Steps = _shape.InputChannels,
                    Segments = 1,
                    C = shares + column,
                    RowStrideC = _columns,
                    Columns = Math.Min(Columns, _columns - column),
                    Accumulate = source > 0,
                },
                _shape.InputWidth);
    }

    /// <summary>Adds a cotangent pixel's shares to the part of its window that is inside the image.</summary>
    private void AddShares(float* shares, int row, int column, float* image)
    {
        (int k, int channels) = (_shape.KernelSize, _shape.OutputChannels);
        int padding = k - 1 - _shape.Padding, top = row * _shape.Stride - padding, left = column * _shape.Stride - padding;
        (int firstRow, int endRow) = (Math.Max(0, -top), Math.Min(k, _shape.OutputHeight - top));
        (int first, int end) = (Math.Max(0, -left), Math.Min(k, _shape.OutputWidth - left));
        for (int a = firstRow; a < endRow; a++)
        {
            float* from = shares + (a * k + first) * channels;
            float* to = image + ((nint)(top + a) * _shape.OutputWidth + left + first) * channels;
            for (int i = 0, count = (end - first) * channels; i < count; i += LanePart.Lanes)
                LanePart.Store(LanePart.Load(to + i, count - i) + LanePart.Load(from + i, count - i), to + i, count - i);
        }
    }
}
