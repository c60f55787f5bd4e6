using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The linear layer on the micro-kernel. Forward packs Wᵀ into panels once per member; backward reads W's rows as they are; the weight's
/// gradient is summed in place as [O, I] while the samples stream through.
/// </summary>
internal sealed class CpuMatrixProduct(CpuDevice device) : MatrixProduct
{
    protected override void ForwardCore(Tensor x, Slice weight, Slice bias, Tensor y)
        => device.Submit(new ForwardCall("matrix-product.forward", [(x, weight)], bias, y));

    protected override void ForwardTangentCore(Tensor x, Tensor? xTangent, Slice weight, Slice weightTangent, Slice biasTangent,
        Tensor yTangent)
        => device.Submit(new ForwardCall(
            "matrix-product.forward-tangent", xTangent is null
            ? [(x, weightTangent)] : [(x, weightTangent), (xTangent, weight)], biasTangent, yTangent));

    protected override void BackwardDataCore(Tensor cotangent, Slice weight, Tensor xCotangent)
        => device.Submit(new BackwardDataCall("matrix-product.backward-data", [(cotangent, weight)], xCotangent));

    protected override void BackwardDataTangentCore(
        Tensor cotangent, Tensor cotangentTangent, Slice weight, Slice weightTangent, Tensor xCotangentTangent)
        => device.Submit(new BackwardDataCall(
            "matrix-product.backward-data-tangent", [(cotangentTangent, weight), (cotangent, weightTangent)], xCotangentTangent));

    protected override void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice biasCotangent)
        => device.Submit(new BackwardWeightCall("matrix-product.backward-weight", [(x, cotangent)], cotangent, weightCotangent,
            biasCotangent));

    protected override void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice biasCotangent,
        SampleProducts products)
        => device.Submit(new BackwardWeightCall("matrix-product.backward-weight-products", [(x, cotangent)], cotangent, weightCotangent,
            biasCotangent, products));

    protected override void BackwardWeightTangentCore(
        Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice weightCotangentTangent, Slice biasCotangentTangent)
        => device.Submit(new BackwardWeightCall(
            "matrix-product.backward-weight-tangent",
            xTangent is null ? [(x, cotangentTangent)] : [(x, cotangentTangent), (xTangent, cotangent)],
            cotangentTangent, weightCotangentTangent, biasCotangentTangent));

    internal sealed unsafe class ForwardCall : CpuCall, IFilterReader
    {
        private const int Columns = MatrixMicroKernel.PanelColumns;

        internal readonly (CpuOperand Input, CpuParameters Weight)[] sources;
        internal readonly CpuParameters bias;
        internal readonly CpuOperand output;
        private readonly FilterPanels _packing;
        private readonly int _inputs;
        private readonly int _outputs;
        private readonly int _panels;
        private CpuOperand? _bank;

        public ForwardCall(string name, (Tensor Input, Slice Weight)[] sources, Slice bias, Tensor output)
            : base(name, output.Shape.Members, output.Shape.Samples)
        {
            this.sources = Array.ConvertAll(sources, source => (Read(source.Input), Read(source.Weight)));
            this.bias = Read(bias);
            this.output = Write(output);
            _inputs = sources[0].Input.Shape.Channels;
            _outputs = output.Shape.Channels;
            _panels = FilterPanels.Count(_outputs);
            _packing = new FilterPanels(new CorrelationShape(_inputs, 1, 1, _outputs, 1, 1, KernelSize: 1, Padding: 0, IsTransposed: false),
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
            bool isShared = bias.IsShared && Array.TrueForAll(sources, source => source.Weight.IsShared);
            float* biases = Retained(tile), weights = _bank is null ? biases + (nint)_panels * Columns : _bank.At(tile, 0);
            int stride = sources.Length * _inputs;
            if (MustRenew(tile, isShared))
            {
                for (int i = 0; i < sources.Length && _bank is null; i++)
                    _packing.Pack(sources[i].Weight.At(tile), weights, i * _inputs);
                FilterPanels.PackBias(bias.At(tile), _outputs, biases);
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

        private sealed unsafe class BackwardDataCall : CpuCall
    {
        private readonly (CpuOperand Cotangent, CpuParameters Weight)[] _sources;
        private readonly CpuOperand _output;

        public BackwardDataCall(string name, (Tensor Cotangent, Slice Weight)[] sources, Tensor output)
            : base(name, output.Shape.Members, output.Shape.Samples)
        {
            _sources = Array.ConvertAll(sources, source => (Read(source.Cotangent), Read(source.Weight)));
            _output = Write(output);
        }

        public override double FlopsPerSample
            => 2.0 * _sources.Length * _output.Tensor.Shape.Channels * _sources[0].Cotangent.Tensor.Shape.Channels;

        public override void Execute(in Tile tile)
        {
            int inputs = _output.Tensor.Shape.Channels;
            int outputs = _sources[0].Cotangent.Tensor.Shape.Channels;
            for (int column = 0; column < inputs; column += MatrixMicroKernel.PanelColumns)
            {
                for (int i = 0; i < _sources.Length; i++)
                {
                    MatrixMicroKernel.Multiply(
                        new Contraction
                        {
                            A = _sources[i].Cotangent.At(tile, tile.FirstSample),
                            RowStrideA = outputs,
                            StepA = 1,
                            B = _sources[i].Weight.At(tile) + column,
                            StepB = inputs,
                            Steps = outputs,
                            Segments = 1,
                            C = _output.At(tile, tile.FirstSample) + column,
                            RowStrideC = inputs,
                            Columns = Math.Min(MatrixMicroKernel.PanelColumns, inputs - column),
                            Accumulate = i > 0,
                        },
                        tile.SampleCount);
                }
            }
        }
    }

    internal sealed unsafe class BackwardWeightCall : CpuCall
    {
        internal readonly (CpuOperand Input, CpuOperand Cotangent)[] sources;
        private readonly CpuOperand _biasCotangent;
        private readonly GradientSum _weightSum;
        private readonly GradientSum _biasSum;
        private readonly int _inputs;
        private readonly int _outputs;
        private readonly RunningProducts? _products;

        public BackwardWeightCall(
            string name, (Tensor Input, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice weightResult, Slice biasResult,
            SampleProducts? wanted = null)
            : base(name, weightResult.Vector.Shape.Members, biasCotangent.Shape.Samples)
        {
            this.sources = Array.ConvertAll(sources, source => (Read(source.Input), Read(source.Cotangent)));
            _biasCotangent = Read(biasCotangent);
            _weightSum = Sum(weightResult, weightResult.Length);
            _biasSum = Sum(biasResult, biasResult.Length);
            _inputs = sources[0].Input.Shape.Channels;
            _outputs = biasCotangent.Shape.Channels;
            _products = ReadProducts(wanted);
            RetainedFloats = _products is null ? 0 : 2 * _products.TotalFloats;
        }

        /// <summary>The vector that receives both gradients, if they belong to one vector.</summary>
        internal CpuTensor? Vector => _weightSum.Vector.Tensor == _biasSum.Vector.Tensor ? _weightSum.Vector.Tensor : null;

        internal bool TakesProducts => _products is not null;

        internal bool HasOffsets(int weight, int bias) => _weightSum.Offset == weight && _biasSum.Offset == bias;

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
                _products.Add(tile, _products.BiasDirections, _biasSum.Slot(tile.Workspace), totals);
                _products.Write(tile, sample, totals, before);
            }
        }

        private void AddSamples(in Tile tile, int firstSample, int samples)
        {
            float* sum = _weightSum.Slot(tile.Workspace);
            foreach ((CpuOperand input, CpuOperand cotangent) in sources)
            {
                for (int column = 0; column < _inputs; column += MatrixMicroKernel.PanelColumns)
                {
                    MatrixMicroKernel.Multiply(
                        new Contraction
                        {
                            A = cotangent.At(tile, firstSample),
                            RowStrideA = 1,
                            StepA = _outputs,
                            B = input.At(tile, firstSample) + column,
                            StepB = _inputs,
                            Steps = samples,
                            Segments = 1,
                            C = sum + column,
                            RowStrideC = _inputs,
                            Columns = Math.Min(MatrixMicroKernel.PanelColumns, _inputs - column),
                            Accumulate = true,
                        },
                        _outputs);
                }
            }
            float* bias = _biasSum.Slot(tile.Workspace);
            for (int sample = firstSample; sample < firstSample + samples; sample++)
            {
                float* row = _biasCotangent.At(tile, sample);
                for (int c = 0; c < _outputs; c += LanePart.Lanes)
                    LanePart.Store(LanePart.Load(bias + c, _outputs - c) + LanePart.Load(row + c, _outputs - c), bias + c, _outputs - c);
            }
        }
    }
}
