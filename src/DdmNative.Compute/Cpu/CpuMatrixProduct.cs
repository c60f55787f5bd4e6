using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The linear layer on the micro-kernel. Forward packs Wᵀ into panels once per member; backward reads W's rows as they are; the weight's gradient is
/// summed in place as [O, I] while the samples stream past.
/// </summary>
internal sealed class CpuMatrixProduct(CpuDevice device) : MatrixProduct
{
    protected override void ForwardCore(Tensor x, Slice weight, Slice bias, Tensor y)
        => device.Submit(new ForwardCall("matrix-product.forward", [(x, weight)], bias, y));

    protected override void ForwardTangentCore(Tensor x, Tensor? xTangent, Slice weight, Slice weightTangent, Slice biasTangent, Tensor yTangent)
        => device.Submit(new ForwardCall(
            "matrix-product.forward-tangent", xTangent is null ? [(x, weightTangent)] : [(x, weightTangent), (xTangent, weight)], biasTangent, yTangent));

    protected override void BackwardDataCore(Tensor cotangent, Slice weight, Tensor xCotangent)
        => device.Submit(new BackwardDataCall("matrix-product.backward-data", [(cotangent, weight)], xCotangent));

    protected override void BackwardDataTangentCore(
        Tensor cotangent, Tensor cotangentTangent, Slice weight, Slice weightTangent, Tensor xCotangentTangent)
        => device.Submit(new BackwardDataCall(
            "matrix-product.backward-data-tangent", [(cotangentTangent, weight), (cotangent, weightTangent)], xCotangentTangent));

    protected override void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice biasCotangent)
        => device.Submit(new BackwardWeightCall("matrix-product.backward-weight", [(x, cotangent)], cotangent, weightCotangent, biasCotangent));

    protected override void BackwardWeightCore(Tensor x, Tensor cotangent, Slice weightCotangent, Slice biasCotangent, SampleProducts products)
        => device.Submit(new BackwardWeightCall("matrix-product.backward-weight-products", [(x, cotangent)], cotangent, weightCotangent, biasCotangent, products));

    protected override void BackwardWeightTangentCore(
        Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice weightCotangentTangent, Slice biasCotangentTangent)
        => device.Submit(new BackwardWeightCall(
            "matrix-product.backward-weight-tangent",
            xTangent is null ? [(x, cotangentTangent)] : [(x, cotangentTangent), (xTangent, cotangent)],
            cotangentTangent, weightCotangentTangent, biasCotangentTangent));

    internal sealed unsafe class ForwardCall : CpuCall
    {
        private const int Columns = MatrixMicroKernel.PanelColumns;

        internal readonly (CpuOperand Input, CpuParameters Weight)[] sources;
        internal readonly CpuParameters bias;
        internal readonly CpuOperand output;
        private readonly FilterPanels packing;
        private readonly int inputs;
        private readonly int outputs;
        private readonly int panels;

        public ForwardCall(string name, (Tensor Input, Slice Weight)[] sources, Slice bias, Tensor output)
            : base(name, output.Shape.Members, output.Shape.Samples)
        {
            this.sources = Array.ConvertAll(sources, source => (Read(source.Input), Read(source.Weight)));
            this.bias = Read(bias);
            this.output = Write(output);
            inputs = sources[0].Input.Shape.Channels;
            outputs = output.Shape.Channels;
            panels = FilterPanels.Count(outputs);
            packing = new FilterPanels(new CorrelationShape(inputs, 1, 1, outputs, 1, 1, KernelSize: 1, Padding: 0, IsTransposed: false), sources.Length * inputs);
            RetainedFloats = (long)panels * Columns * (sources.Length * inputs + 1);
        }

        public override double FlopsPerSample => 2.0 * sources.Length * inputs * outputs;

        /// <summary>
        /// Rows a multiple of a kilobyte apart fall into the same few sets of the first-level cache, and a tile reads fourteen at once: such rows are copied a cache line further
        /// apart, if there are panels enough to pay for it.
        /// </summary>
        private bool AreRowsSpread => inputs % 256 == 0 && panels > 1;

        private int RowStride => AreRowsSpread ? inputs + LanePart.Lanes : inputs;

        public override long TemporaryFloats(int samples) => AreRowsSpread ? (long)sources.Length * samples * RowStride : 0;

        public override void Execute(in Tile tile)
        {
            bool isShared = bias.IsShared && Array.TrueForAll(sources, source => source.Weight.IsShared);
            float* weights = Retained(tile);
            float* biases = weights + (long)panels * Columns * sources.Length * inputs;
            int stride = sources.Length * inputs;
            if (MustRenew(tile, isShared))
            {
                for (int i = 0; i < sources.Length; i++)
                    packing.Pack(sources[i].Weight.At(tile), weights, i * inputs);
                FilterPanels.PackBias(bias.At(tile), outputs, biases);
            }
            float* rows = tile.Workspace.Temporary;
            for (int i = 0; i < sources.Length && AreRowsSpread; i++)
                SpreadRows(sources[i].Input.At(tile, tile.FirstSample), tile.SampleCount, rows + (nint)i * tile.SampleCount * RowStride);
            for (int panel = 0; panel < panels; panel++)
            {
                for (int i = 0; i < sources.Length; i++)
                {
                    MatrixMicroKernel.Multiply(
                        new Contraction
                        {
                            A = AreRowsSpread ? rows + (nint)i * tile.SampleCount * RowStride : sources[i].Input.At(tile, tile.FirstSample),
                            RowStrideA = RowStride,
                            StepA = 1,
                            B = weights + ((long)panel * stride + i * inputs) * Columns,
                            StepB = Columns,
                            Steps = inputs,
                            Segments = 1,
                            C = output.At(tile, tile.FirstSample) + panel * Columns,
                            RowStrideC = outputs,
                            Columns = Math.Min(Columns, outputs - panel * Columns),
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
                new ReadOnlySpan<float>(source + (nint)row * inputs, inputs).CopyTo(new Span<float>(target + (nint)row * RowStride, inputs));
        }
    }

        private sealed unsafe class BackwardDataCall : CpuCall
    {
        private readonly (CpuOperand Cotangent, CpuParameters Weight)[] sources;
        private readonly CpuOperand output;

        public BackwardDataCall(string name, (Tensor Cotangent, Slice Weight)[] sources, Tensor output)
            : base(name, output.Shape.Members, output.Shape.Samples)
        {
            this.sources = Array.ConvertAll(sources, source => (Read(source.Cotangent), Read(source.Weight)));
            this.output = Write(output);
        }

        public override double FlopsPerSample => 2.0 * sources.Length * output.Tensor.Shape.Channels * sources[0].Cotangent.Tensor.Shape.Channels;

        public override void Execute(in Tile tile)
        {
            int inputs = output.Tensor.Shape.Channels;
            int outputs = sources[0].Cotangent.Tensor.Shape.Channels;
            for (int column = 0; column < inputs; column += MatrixMicroKernel.PanelColumns)
            {
                for (int i = 0; i < sources.Length; i++)
                {
                    MatrixMicroKernel.Multiply(
                        new Contraction
                        {
                            A = sources[i].Cotangent.At(tile, tile.FirstSample),
                            RowStrideA = outputs,
                            StepA = 1,
                            B = sources[i].Weight.At(tile) + column,
                            StepB = inputs,
                            Steps = outputs,
                            Segments = 1,
                            C = output.At(tile, tile.FirstSample) + column,
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
        private readonly CpuOperand biasCotangent;
        private readonly GradientSum weightSum;
        private readonly GradientSum biasSum;
        private readonly int inputs;
        private readonly int outputs;
        private readonly RunningProducts? products;

        public BackwardWeightCall(
            string name, (Tensor Input, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice weightResult, Slice biasResult, SampleProducts? wanted = null)
            : base(name, weightResult.Vector.Shape.Members, biasCotangent.Shape.Samples)
        {
            this.sources = Array.ConvertAll(sources, source => (Read(source.Input), Read(source.Cotangent)));
            this.biasCotangent = Read(biasCotangent);
            weightSum = Sum(weightResult, weightResult.Length);
            biasSum = Sum(biasResult, biasResult.Length);
            inputs = sources[0].Input.Shape.Channels;
            outputs = biasCotangent.Shape.Channels;
            products = ReadProducts(wanted);
            RetainedFloats = products is null ? 0 : 2 * products.TotalFloats;
        }

        /// <summary>The vector that receives both gradients, where they are one's.</summary>
        internal CpuTensor? Vector => weightSum.Vector.Tensor == biasSum.Vector.Tensor ? weightSum.Vector.Tensor : null;

        internal bool TakesProducts => products is not null;

        internal bool HasOffsets(int weight, int bias) => weightSum.Offset == weight && biasSum.Offset == bias;

        public override double FlopsPerSample => 2.0 * (sources.Length + (products?.Count ?? 0)) * inputs * outputs;

        public override void Execute(in Tile tile)
        {
            if (products is null)
            {
                AddSamples(tile, tile.FirstSample, tile.SampleCount);
                return;
            }
            double* before = (double*)Retained(tile), totals = before + products.Count;
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                AddSamples(tile, sample, 1);
                new Span<double>(totals, products.Count).Clear();
                products.Add(tile, products.WeightDirections, weightSum.Slot(tile.Workspace), totals);
                products.Add(tile, products.BiasDirections, biasSum.Slot(tile.Workspace), totals);
                products.Write(tile, sample, totals, before);
            }
        }

        private void AddSamples(in Tile tile, int firstSample, int samples)
        {
            float* sum = weightSum.Slot(tile.Workspace);
            foreach ((CpuOperand input, CpuOperand cotangent) in sources)
            {
                for (int column = 0; column < inputs; column += MatrixMicroKernel.PanelColumns)
                {
                    MatrixMicroKernel.Multiply(
                        new Contraction
                        {
                            A = cotangent.At(tile, firstSample),
                            RowStrideA = 1,
                            StepA = outputs,
                            B = input.At(tile, firstSample) + column,
                            StepB = inputs,
                            Steps = samples,
                            Segments = 1,
                            C = sum + column,
                            RowStrideC = inputs,
                            Columns = Math.Min(MatrixMicroKernel.PanelColumns, inputs - column),
                            Accumulate = true,
                        },
                        outputs);
                }
            }
            float* bias = biasSum.Slot(tile.Workspace);
            for (int sample = firstSample; sample < firstSample + samples; sample++)
            {
                float* row = biasCotangent.At(tile, sample);
                for (int c = 0; c < outputs; c += LanePart.Lanes)
                    LanePart.Store(LanePart.Load(bias + c, outputs - c) + LanePart.Load(row + c, outputs - c), bias + c, outputs - c);
            }
        }
    }
}
