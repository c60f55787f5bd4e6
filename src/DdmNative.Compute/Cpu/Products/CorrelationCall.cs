using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// y = Σ over sources of filter ∗ image, plus a bias: forward, transposed, and their tangents (see <see cref="CpuConvolution"/>).
/// </summary>
/// <remarks>
/// Forward, one window's floats begin a stride of pixels after the last one's. The transpose of a strided convolution is a convolution of
/// stride 1 for each phase of the pixels (<see cref="StridePhase"/>), which writes every stride-th pixel of every stride-th row.
/// </remarks>
internal sealed unsafe class CorrelationCall : CpuCall, IFilterReader
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    private readonly CorrelationShape _shape;
    private readonly (CpuOperand Image, CpuParameters Filter)[] _sources;
    private readonly CpuParameters? _bias;
    private readonly CpuOperand _output;
    private readonly int _channels;
    private readonly int _panels;
    private readonly FilterPanels _packing;
    private readonly CorrelationPart[] _parts;
    private readonly int _border;
    private readonly int _paddedHeight;
    private readonly int _paddedWidth;
    private CpuOperand? _bank;

    public CorrelationCall(string name, CorrelationShape shape, (Tensor Image, Slice Filter)[] sources, Slice? bias, Tensor output)
        : base(name, output.Shape.Members, output.Shape.Samples)
    {
        _shape = shape;
        _sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Filter)));
        _bias = ReadOptional(bias);
        _output = Write(output);
        _channels = sources.Length * shape.InputChannels;
        _panels = FilterPanels.Count(shape.OutputChannels);
        _packing = new FilterPanels(shape, _channels);
        _parts = CorrelationPart.Cut(shape);
        (_border, _paddedHeight, _paddedWidth) = CorrelationPart.Surround(shape, _parts);
        RetainedParts = sources.Length;
        RetainedFloats = PassedFloats;
    }

    /// <summary>Several sources' filters are packed side by side.</summary>
    public IReadOnlyList<CpuParameters> Filters => _sources.Length == 1 ? [_sources[0].Filter] : [];

    public IFilterPacking Packing => _packing;

    public override long PassedFloats => (long)_panels * Columns * (PatchLength + 1);

    private int PatchLength => _shape.Taps * _channels;

    public override double FlopsPerSample => _sources.Length * _shape.Flops;

    public override long TemporaryFloats(int samples) => PaddedLength + (_output.IsStreamed ? RowLength : 0);

    private long PaddedLength => IsPadded ? (long)_paddedHeight * _paddedWidth * _channels : 0;

    private int RowLength => _shape.OutputWidth * _shape.OutputChannels;

    /// <summary>
    /// Images are read where they are if they have no border and are no tangent's two, whose channels must be side by side; for a filter of
    /// one tap the two are read after each other.
    /// </summary>
    private bool IsPadded => _border > 0 || _paddedHeight > _shape.InputHeight || _paddedWidth > _shape.InputWidth
        || (_sources.Length > 1 && _shape.KernelSize > 1);

    /// <summary>Whether the pixels are the rows of one product.</summary>
    private bool IsPointwise => _shape.KernelSize == 1 && _shape.Stride == 1;

    public void UseShared(int source, CpuTensor bank) => (_bank, RetainedFloats) = (ReadWhole(bank), (long)_panels * Columns);

    public override void Execute(in Tile tile)
    {
        float* biases = Retained(tile), filters = _bank is null ? biases + (nint)_panels * Columns : _bank.At(tile, 0);
        for (int i = 0; i < _sources.Length && _bank is null; i++)
        {
            if (MustRenew(tile, _sources[i].Filter.IsShared, i))
                _packing.Pack(_sources[i].Filter.At(tile), filters, i * _shape.InputChannels);
        }
        FilterPanels.PackBias(_bias is null ? null : _bias.At(tile), _shape.OutputChannels, biases);
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            Images images = Prepare(tile, sample);
            if (_output.IsStreamed)
                StreamRows(images, filters, biases, _output.At(tile, sample), tile.Workspace.Temporary + PaddedLength);
            else
                MultiplyRows(images, filters, biases, _output.At(tile, sample));
        }
        if (_output.IsStreamed)
            StreamedRow.Complete();
    }

    private Images Prepare(in Tile tile, int sample)
    {
        float* padded = tile.Workspace.Temporary;
        if (!IsPadded)
        {
            float* first = _sources[0].Image.At(tile, sample);
            return new Images(first, (nint)(_sources[^1].Image.At(tile, sample) - first), _shape.InputChannels);
        }
        for (int i = 0; i < _sources.Length; i++)
            PaddedImage.Pad(
                _sources[i].Image.At(tile, sample), _shape.InputHeight, _shape.InputWidth, _shape.InputChannels, _border,
                padded + i * _shape.InputChannels, _paddedHeight, _paddedWidth, _channels);
        return new Images(padded, 0, _channels);
    }

    private void MultiplyRows(Images images, float* filters, float* biases, float* y)
    {
        if (CorrelationPart.LeaveGaps(_parts))
            Clear(y, (long)_shape.OutputHeight * RowLength);
        for (int panel = 0; panel < _panels; panel++)
        {
            foreach (CorrelationPart part in _parts)
            {
                Contraction contraction = Panel(part, panel, images, filters, biases, y + part.Row * RowLength);
                if (IsPointwise)
                {
                    MatrixMicroKernel.Multiply(contraction, part.Rows * part.Columns);
                    continue;
                }
                nint nextA = (nint)part.ImageStep * _paddedWidth * images.Channels, nextC = (nint)part.ResultStep * RowLength;
                for (int row = 0; row < part.Rows; row++, contraction.A += nextA, contraction.C += nextC)
                    MatrixMicroKernel.Multiply(contraction, part.Columns);
            }
        }
    }

    /// <summary>Computes each row in the first-level cache and stores it so that it bypasses the caches.</summary>
    private void StreamRows(Images images, float* filters, float* biases, float* y, float* computed)
    {
        for (int row = 0; row < _shape.OutputHeight; row++)
        {
            if (CorrelationPart.LeaveGaps(_parts))
                Clear(computed, RowLength);
            foreach (CorrelationPart part in _parts)
            {
                if (row % part.ResultStep != part.Row)
                    continue;
                nint rowA = (nint)(row / part.ResultStep) * part.ImageStep * _paddedWidth * images.Channels;
                for (int panel = 0; panel < _panels; panel++)
                {
                    Contraction contraction = Panel(part, panel, images, filters, biases, computed);
                    contraction.A += rowA;
                    MatrixMicroKernel.Multiply(contraction, part.Columns);
                }
            }
            StreamedRow.Store(computed, y + (long)row * RowLength, RowLength);
        }
    }

    /// <summary>The product of a panel's outputs for the first row of a part, whose row of the result is at <paramref name="y"/>.</summary>
    private Contraction Panel(in CorrelationPart part, int panel, Images images, float* filters, float* biases, float* y)
    {
        // Two images that are not side by side are the two segments of a filter of one tap.
        bool areApart = images.ToSecond != 0;
        int run = part.TapColumns * images.Channels;
        return new Contraction
        {
            A = images.First + ((nint)part.Top * _paddedWidth + part.Left) * images.Channels,
            RowStrideA = (nint)part.ImageStep * images.Channels,
            StepA = 1,
            SegmentA = areApart ? images.ToSecond : (nint)_paddedWidth * images.Channels,
            B = filters + ((long)panel * PatchLength + (long)part.FirstTap * _channels) * Columns,
            StepB = Columns,
            SegmentB = (nint)run * Columns,
            Steps = run,
            Segments = areApart ? 2 : part.TapRows,
            C = y + part.Column * _shape.OutputChannels + panel * Columns,
            RowStrideC = (nint)part.ResultStep * _shape.OutputChannels,
            Columns = Math.Min(Columns, _shape.OutputChannels - panel * Columns),
            Bias = biases + panel * Columns,
        };
    }

    /// <summary>A sample's images: side by side in one with a border, or where they are.</summary>
    private readonly struct Images(float* first, nint toSecond, int channels)
    {
        /// <summary>The first pixel.</summary>
        public float* First { get; } = first;

        /// <summary>Floats from the first image to the second if they are apart; otherwise 0.</summary>
        public nint ToSecond { get; } = toSecond;

        /// <summary>Floats from one pixel to the next.</summary>
        public int Channels { get; } = channels;
    }
}
