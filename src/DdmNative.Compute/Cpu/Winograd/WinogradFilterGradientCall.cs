using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The same result as <see cref="FilterGradientCall"/> through the adjoint of Winograd's transform: images and cotangents to [36, tiles,
/// channels], 36 products contracted over the tiles and summed over a slot's samples in the transformed domain, and one transform back per
/// slot.
/// </summary>
internal sealed unsafe class WinogradFilterGradientCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    /// <summary>Length of one product's contraction: long enough that loading and storing the sum is cheap beside it.</summary>
    private const int TargetTiles = 64;

    private readonly CorrelationShape _shape;
    private readonly WinogradTiles _tiles;
    private readonly (CpuOperand Image, CpuOperand Cotangent)[] _sources;
    private readonly CpuOperand _biasCotangent;
    private readonly GradientSum _filterSum;
    private readonly GradientSum? _biasSum;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _panels;
    private readonly RunningProducts? _products;
    private readonly WinogradFilters _directions;
    private WinogradImagesCall? _shared;
    private CpuOperand? _sharedImages;

    public WinogradFilterGradientCall(
        string name, ConvolutionShape shape, (Tensor Image, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice filterResult,
        Slice? biasResult,
        SampleProducts? wanted = null)
        : this(name, CorrelationShape.Forward(shape), (inputs, outputs) => new FilterGradientOrder(shape, inputs, outputs), sources,
            biasCotangent, filterResult, biasResult, wanted)
    {
    }

    /// <param name="name">The call's name.</param>
    /// <param name="shape">The correlation that is transformed.</param>
    /// <param name="createOrder">Creates the order of the result from the channels and the outputs of the summed gradient.</param>
    /// <param name="sources">Pairs of images and cotangents.</param>
    /// <param name="biasCotangent">The cotangents whose sum is the bias's gradient.</param>
    /// <param name="filterResult">The filter's gradient.</param>
    /// <param name="biasResult">The bias's.</param>
    /// <param name="wanted">The sample products computed with it.</param>
    public WinogradFilterGradientCall(
        string name, CorrelationShape shape, Func<int, int, FilterGradientOrder> createOrder, (Tensor Image, Tensor Cotangent)[] sources,
        Tensor biasCotangent, Slice filterResult, Slice? biasResult, SampleProducts? wanted)
        : base(name, filterResult.Vector.Shape.Members, biasCotangent.Shape.Samples)
    {
        _shape = shape;
        _tiles = new WinogradTiles(_shape);
        _sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Cotangent)));
        _biasCotangent = Read(biasCotangent);
        _inputs = WinogradTiles.RoundUp(shape.InputChannels);
        _outputs = WinogradTiles.RoundUp(shape.OutputChannels);
        _filterSum = Sum(filterResult, shape.KernelSize * shape.KernelSize * _inputs * _outputs,
            createOrder(_inputs, _outputs).Convert, isAssignedFirst: true);
        _biasSum = SumOptional(biasResult);
        _panels = FilterPanels.Count(_outputs);
        _products = ReadProducts(wanted);
        _directions = new WinogradFilters(_shape);
        RetainedFloats = SumLength + (_products is null ? 0 : _products.TotalFloats + _products.Count * DirectionLength);
    }

    /// <summary>The images, if all members of the ensemble read the same ones; otherwise null.</summary>
    internal (CpuTensor Images, CorrelationShape Shape)? SharedImages
        => Members > 1 && Samples > 1 && _sources.Length == 1 && _products is null && _sources[0].Image.Tensor.Shape.Members == 1
            ? (_sources[0].Image.Tensor, _shape) : null;

    /// <summary>
    /// Floats from one product's sum [inputs, 32] to the next one's, off powers of two like the planes of <see cref="WinogradTiles"/>.
    /// </summary>
    private int SumStride => _inputs * Columns + LanePart.Lanes;

    private long PanelLength => (long)WinogradTransform.Products * SumStride;

    private long SumLength => (IsSinglePass ? 1 : _panels) * PanelLength;

    /// <summary>
    /// Without the directions: blocks that fit the second-level cache, as in the plain call, are worth more than reading the directions
    /// less often.
    /// </summary>
    public override long PassedFloats => SumLength;

    /// <summary>Floats of a transformed direction: panels of the sum's form.</summary>
    private long DirectionLength => _panels * PanelLength;

    /// <summary>
    /// With one sample nothing is summed: each panel of outputs is transformed back as soon as it is multiplied, while it is in the cache.
    /// </summary>
    private bool IsSinglePass => Samples == 1;

    private int PaddedLength => _tiles.PaddedHeight * _tiles.PaddedWidth * _inputs;

    private int SamplesTogether => Math.Max(1, TargetTiles / _tiles.Count);

    public override double FlopsPerSample
        => _sources.Length * _shape.Flops + 2.0 * (_products?.Count ?? 0) * _shape.Taps * _shape.InputChannels * _shape.OutputChannels;

    public override long TemporaryFloats(int samples)
        => (_products is null ? 0 : SamplesTogether * _products.TotalFloats + _directions.ChunkLength) + PaddedLength
            + (long)WinogradTransform.Products * (WinogradTiles.PlaneStride(SamplesTogether * StepsOfSample, _inputs)
                + WinogradTiles.PlaneStride(SamplesTogether * StepsOfSample, _outputs));

    /// <summary>A sample's steps of a contraction: its tiles of one source after those of the other.</summary>
    private int StepsOfSample => _sources.Length * _tiles.Count;

    /// <summary>Uses images that another call has transformed.</summary>
    internal void UseShared(WinogradImagesCall transform) => (_shared, _sharedImages) = (transform, ReadWhole(transform.Transformed));

    public override void EndSlot(Workspace workspace)
    {
        for (int panel = 0; panel < _panels && !IsSinglePass; panel++)
            TransformBack(workspace, panel, workspace.Start + RetainedOffset + panel * PanelLength);
    }

    public override void Execute(in Tile tile)
    {
        if (_products is not null && MustRenew(tile, _products.WeightDirections.IsShared))
            TransformDirections(tile, _products);
        for (int first = tile.FirstSample; first < tile.EndSample; first += SamplesTogether)
        {
            int samples = Math.Min(SamplesTogether, tile.EndSample - first);
            double* totals = (double*)tile.Workspace.Temporary;
            new Span<double>(totals, samples * (_products?.Count ?? 0)).Clear();
            AddProducts(tile, first, samples, totals);
            for (int i = 0; i < samples; i++)
            {
                if (_biasSum is not null)
                    BiasGradient.Add(_biasCotangent.At(tile, first + i), _shape.OutputHeight * _shape.OutputWidth, _shape.OutputChannels,
                        _biasSum.Slot(tile.Workspace));
                if (_products is null)
                    continue;
                double* ofSample = totals + (nint)i * _products.Count;
                _products.AddBias(tile, _biasSum, ofSample);
                _products.Write(tile, first + i, ofSample, (double*)(Retained(tile) + SumLength));
            }
        }
    }

    /// <summary>⟨Gᵀ U G, V⟩ = ⟨U, G V Gᵀ⟩: a direction is transformed as a filter is, and meets the sums as they are.</summary>
    private void TransformDirections(in Tile tile, RunningProducts products)
    {
        for (int d = 0; d < products.Count; d++)
            for (int panel = 0; panel < _panels; panel++)
                _directions.TransformPanel(
                    products.WeightDirections.At(tile, d), panel, Directions(tile) + d * DirectionLength + panel * PanelLength,
                    tile.Workspace.Temporary);
    }

    private float* Directions(in Tile tile) => Retained(tile) + SumLength + _products!.TotalFloats;

    /// <summary>
    /// Multiplies and sums some samples together; if sample products are requested, sample by sample, with the same bits.
    /// </summary>
    private void AddProducts(in Tile tile, int firstSample, int samples, double* totals)
    {
        int steps = samples * StepsOfSample, parts = _products is null ? 1 : samples, stepsOfPart = steps / parts;
        nint imagePlane = WinogradTiles.PlaneStride(steps, _inputs), cotangentPlane = WinogradTiles.PlaneStride(steps, _outputs);
        float* padded = tile.Workspace.Temporary + (_products is null ? 0 : SamplesTogether * _products.TotalFloats),
            images = padded + PaddedLength, cotangents = images + WinogradTransform.Products * imagePlane;
        for (int i = 0; i < samples; i++)
        {
            for (int source = 0; source < _sources.Length; source++)
            {
                int firstTile = i * StepsOfSample + source * _tiles.Count;
                if (_shared is null)
                    _tiles.TransformImage(_sources[source].Image.At(tile, firstSample + i), padded, images, steps, _inputs, firstTile, 0);
                _tiles.TransformCotangent(_sources[source].Cotangent.At(tile, firstSample + i), cotangents, steps, firstTile);
            }
        }
        if (_shared is not null)
            images = _shared.At(_sharedImages!, tile, firstSample, out imagePlane);
        bool begins = tile.BeginsSlot && firstSample == tile.FirstSample;
        for (int panel = 0; panel < _panels; panel++)
        {
            float* sums = Retained(tile) + (IsSinglePass ? 0 : panel * PanelLength);
            int columns = Math.Min(Columns, _outputs - panel * Columns);
            for (int product = 0; product < WinogradTransform.Products; product++)
            {
                float* sum = sums + (nint)product * SumStride;
                (bool belowEdge, bool beyondEdge) = WinogradTiles.Serves(product);
                if (_tiles.AreCut && (belowEdge || beyondEdge) && _products is null)
                {
                    MultiplyServed(images + product * imagePlane, cotangents + product * cotangentPlane + panel * Columns,
                        samples * _sources.Length, belowEdge, beyondEdge, sum, columns, !begins);
                    continue;
                }
                for (int part = 0; part < parts; part++)
                {
                    nint firstStep = (nint)part * stepsOfPart;
                    MatrixMicroKernel.Multiply(
                        new Contraction
                        {
                            A = images + product * imagePlane + firstStep * _inputs,
                            RowStrideA = 1,
                            StepA = _inputs,
                            B = cotangents + product * cotangentPlane + firstStep * _outputs + panel * Columns,
                            StepB = _outputs,
                            Steps = stepsOfPart,
                            Segments = 1,
                            C = sum,
                            RowStrideC = Columns,
                            Columns = columns,
                            Accumulate = !begins || part > 0,
                        },
                        _inputs);
                    _products?.AddPlane(
                        sum, Directions(tile) + panel * PanelLength + (nint)product * SumStride, (nint)DirectionLength, _inputs, columns,
                        totals + (nint)part * _products.Count);
                }
            }
            if (IsSinglePass)
                TransformBack(tile.Workspace, panel, sums);
        }
    }

    /// <summary>A product that serves pixels of some tiles only: the others' cotangents are zero, and left out.</summary>
    private void MultiplyServed(float* images, float* cotangents, int pairs, bool belowEdge, bool beyondEdge, float* sum, int columns,
        bool accumulates)
    {
        // Of each image's tiles 0 1 / 2 3 the first two, the first column's two, or the first.
        bool isFirstOnly = belowEdge && beyondEdge;
        int step = isFirstOnly ? _tiles.Count : belowEdge ? 1 : _tiles.Columns;
        MatrixMicroKernel.Multiply(
            new Contraction
            {
                A = images,
                RowStrideA = 1,
                StepA = step * _inputs,
                SegmentA = _tiles.Count * _inputs,
                B = cotangents,
                StepB = step * _outputs,
                SegmentB = _tiles.Count * _outputs,
                Steps = isFirstOnly ? pairs : 2,
                Segments = isFirstOnly ? 1 : pairs,
                C = sum,
                RowStrideC = Columns,
                Columns = columns,
                Accumulate = accumulates,
            },
            _inputs);
    }

    private void TransformBack(Workspace workspace, int panel, float* sums)
    {
        float* target = _filterSum.Slot(workspace) + panel * Columns;
        int columns = Math.Min(Columns, _outputs - panel * Columns);
        for (int row = 0; row < _inputs; row++)
            WinogradTransform.FilterGradient(sums + row * Columns, SumStride, target + (nint)row * _outputs, (nint)_inputs * _outputs,
                WinogradTiles.RoundUp(columns));
    }
}
