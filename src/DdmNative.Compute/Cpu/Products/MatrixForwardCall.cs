namespace DdmNative.Compute.Cpu;

/// <summary>Y = Σ over sources of X Wᵀ, plus a bias, on packed panels of W; or, transposed, Σ X W.</summary>
internal sealed unsafe class MatrixForwardCall : CpuCall, IFilterReader
{
    /// <summary>Rows of X from which packing a matrix pays that could be read as it is.</summary>
    public const int LeastRows = 16;

    private const int Columns = MatrixMicroKernel.PanelColumns;

    internal readonly (CpuOperand Input, CpuParameters Weight)[] sources;
    internal readonly CpuParameters? bias;
    internal readonly CpuOperand output;
    private readonly FilterPanels _packing;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _panels;
    private CpuOperand? _bank;

    /// <param name="name">The call's name.</param>
    /// <param name="sources">X and W of each product.</param>
    /// <param name="bias">The bias; null for none.</param>
    /// <param name="output">Y.</param>
    /// <param name="isTransposed">Whether the products are with W in place of Wᵀ.</param>
    /// <param name="areOneBatch">
    /// Whether members with one row each, which share weights and bias, are the rows of one member: a pass over the weights then serves
    /// several of them.
    /// </param>
    public MatrixForwardCall(string name, (Tensor Input, Slice Weight)[] sources, Slice? bias, Tensor output, bool isTransposed = false,
        bool areOneBatch = false)
        : base(name, areOneBatch ? 1 : output.Shape.Members, areOneBatch ? output.Shape.Members : output.Shape.Samples)
    {
        this.sources = Array.ConvertAll(sources, source => (Read(source.Input), Read(source.Weight)));
        this.bias = ReadOptional(bias);
        this.output = Write(output);
        _inputs = sources[0].Input.Shape.Channels;
        _outputs = output.Shape.Channels;
        _panels = FilterPanels.Count(_outputs);
        _packing = new FilterPanels(new CorrelationShape(_inputs, 1, 1, _outputs, 1, 1, KernelSize: 1, Padding: 0, isTransposed),
            sources.Length * _inputs);
        RetainedFloats = PassedFloats;
    }

    /// <summary>Several sources' weights are packed one below the other.</summary>
    public IReadOnlyList<CpuParameters> Filters => sources.Length == 1 ? [sources[0].Weight] : [];

    public IFilterPacking Packing => _packing;

    public override long PassedFloats => (long)_panels * Columns * (sources.Length * _inputs + 1);

    public override double FlopsPerSample => 2.0 * sources.Length * _inputs * _outputs;

    /// <summary>
    /// Rows a multiple of a kilobyte apart fall into the same few sets of the first-level cache, and a tile reads fourteen at once:
    /// such rows are copied a cache line further apart, if there are enough panels to make up for the copy.
    /// </summary>
    private bool AreRowsSpread => _inputs % 256 == 0 && _panels > 1;

    private int RowStride => AreRowsSpread ? _inputs + LanePart.Lanes : _inputs;

    public override long TemporaryFloats(int samples) => AreRowsSpread ? (long)sources.Length * samples * RowStride : 0;

    public void UseShared(int source, CpuTensor bank) => (_bank, RetainedFloats) = (ReadWhole(bank), (long)_panels * Columns);

    public override void Execute(in Tile tile)
    {
        bool isShared = bias is not { IsShared: false } && Array.TrueForAll(sources, source => source.Weight.IsShared);
        float* biases = Retained(tile), weights = _bank is null ? biases + (nint)_panels * Columns : _bank.At(tile, 0);
        int stride = sources.Length * _inputs;
        if (MustRenew(tile, isShared))
        {
            for (int i = 0; i < sources.Length && _bank is null; i++)
                _packing.Pack(sources[i].Weight.At(tile), weights, i * _inputs);
            FilterPanels.PackBias(bias is null ? null : bias.At(tile), _outputs, biases);
        }
        float* rows = tile.Workspace.Temporary;
        for (int i = 0; i < sources.Length && AreRowsSpread; i++)
            SpreadRows(sources[i].Input.At(tile, tile.FirstSample), tile.SampleCount, rows + (nint)i * tile.SampleCount * RowStride);
        for (int panel = 0; panel < _panels; panel++)
        {
            for (int i = 0; i < sources.Length; i++)
            {
                MatrixMicroKernel.Multiply(
                    new Contraction
                    {
                        A = AreRowsSpread ? rows + (nint)i * tile.SampleCount * RowStride : sources[i].Input.At(tile, tile.FirstSample),
                        RowStrideA = RowStride,
                        StepA = 1,
                        B = weights + ((long)panel * stride + i * _inputs) * Columns,
                        StepB = Columns,
                        Steps = _inputs,
                        Segments = 1,
                        C = output.At(tile, tile.FirstSample) + panel * Columns,
                        RowStrideC = _outputs,
                        Columns = Math.Min(Columns, _outputs - panel * Columns),
                        Accumulate = i > 0,
                        Bias = biases + panel * Columns,
                    },
                    tile.SampleCount);
            }
        }
    }

    private void SpreadRows(float* source, int count, float* target)
    {
        for (int row = 0; row < count; row++)
            new ReadOnlySpan<float>(source + (nint)row * _inputs,
                _inputs).CopyTo(new Span<float>(target + (nint)row * RowStride, _inputs));
    }
}
