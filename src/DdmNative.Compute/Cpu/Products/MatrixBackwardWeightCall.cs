using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>δW = Σ over samples and sources of δyᵀ x, and δb = Σ δy, summed while the samples stream through.</summary>
internal sealed unsafe class MatrixBackwardWeightCall : CpuCall
{
    internal readonly (CpuOperand Input, CpuOperand Cotangent)[] sources;
    private readonly CpuOperand _biasCotangent;
    private readonly GradientSum _weightSum;
    private readonly GradientSum? _biasSum;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly RunningProducts? _products;

    public MatrixBackwardWeightCall(
        string name, (Tensor Input, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice weightResult, Slice? biasResult,
        SampleProducts? wanted = null)
        : base(name, weightResult.Vector.Shape.Members, biasCotangent.Shape.Samples)
    {
        this.sources = Array.ConvertAll(sources, source => (Read(source.Input), Read(source.Cotangent)));
        _biasCotangent = Read(biasCotangent);
        _weightSum = Sum(weightResult, weightResult.Length);
        _biasSum = SumOptional(biasResult);
        _inputs = sources[0].Input.Shape.Channels;
        _outputs = biasCotangent.Shape.Channels;
        _products = ReadProducts(wanted);
        RetainedFloats = _products is null ? 0 : 2 * _products.TotalFloats;
    }

    /// <summary>The vector that receives both gradients, if they belong to one vector.</summary>
    internal CpuTensor? Vector => _weightSum.Vector.Tensor == _biasSum?.Vector.Tensor ? _weightSum.Vector.Tensor : null;

    internal bool TakesProducts => _products is not null;

    internal CpuTensor BiasCotangent => _biasCotangent.Tensor;

    internal GradientSum WeightSum => _weightSum;

    internal GradientSum? BiasSum => _biasSum;

    internal bool HasOffsets(int weight, int bias) => _weightSum.Offset == weight && _biasSum?.Offset == bias;

    public override double FlopsPerSample => 2.0 * (sources.Length + (_products?.Count ?? 0)) * _inputs * _outputs;

    public override void Execute(in Tile tile)
    {
        if (_products is null)
        {
            AddSamples(tile, tile.FirstSample, tile.SampleCount);
            return;
        }
        double* before = (double*)Retained(tile), totals = before + _products.Count;
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            AddSamples(tile, sample, 1);
            new Span<double>(totals, _products.Count).Clear();
            _products.Add(tile, _products.WeightDirections, _weightSum.Slot(tile.Workspace), totals);
            _products.AddBias(tile, _biasSum, totals);
            _products.Write(tile, sample, totals, before);
        }
    }

    private void AddSamples(in Tile tile, int firstSample, int samples)
    {
        float* sum = _weightSum.Slot(tile.Workspace);
        float* cotangent = sources[0].Cotangent.At(tile, firstSample), input = sources[0].Input.At(tile, firstSample);
        // A sample's sources follow each other, so that the order of the sum does not depend on how many samples a block has.
        bool isOne = sources.Length == 1;
        nint toNextCotangent = isOne ? _outputs : (nint)(sources[1].Cotangent.At(tile, firstSample) - cotangent);
        nint toNextInput = isOne ? _inputs : (nint)(sources[1].Input.At(tile, firstSample) - input);
        for (int column = 0; column < _inputs; column += MatrixMicroKernel.PanelColumns)
        {
            MatrixMicroKernel.Multiply(
                new Contraction
                {
                    A = cotangent,
                    RowStrideA = 1,
                    StepA = toNextCotangent,
                    SegmentA = _outputs,
                    B = input + column,
                    StepB = toNextInput,
                    SegmentB = _inputs,
                    Steps = isOne ? samples : sources.Length,
                    Segments = isOne ? 1 : samples,
                    C = sum + column,
                    RowStrideC = _inputs,
                    Columns = Math.Min(MatrixMicroKernel.PanelColumns, _inputs - column),
                    Accumulate = true,
                },
                _outputs);
        }
        if (_biasSum is null)
            return;
        float* bias = _biasSum.Slot(tile.Workspace);
        for (int sample = firstSample; sample < firstSample + samples; sample++)
        {
            float* row = _biasCotangent.At(tile, sample);
            for (int c = 0; c < _outputs; c += LanePart.Lanes)
                LanePart.Store(LanePart.Load(bias + c, _outputs - c) + LanePart.Load(row + c, _outputs - c), bias + c, _outputs - c);
        }
    }
}
