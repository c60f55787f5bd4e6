using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The same result as <see cref="FilterGradientCall"/> through the adjoint of Winograd's transform: images and cotangents to [36, tiles, channels], 36
/// products contracted over the tiles and summed over a slot's samples in the transformed domain, and one transform back per slot.
/// </summary>
internal sealed unsafe class WinogradFilterGradientCall : CpuCall
{
    private const int Columns = MatrixMicroKernel.PanelColumns;

    /// <summary>Length of one product's contraction: long enough that loading and storing the sum is cheap beside it.</summary>
    private const int TargetTiles = 64;

    private readonly CorrelationShape shape;
    private readonly WinogradTiles tiles;
    private readonly (CpuOperand Image, CpuOperand Cotangent)[] sources;
    private readonly CpuOperand biasCotangent;
    private readonly GradientSum filterSum;
    private readonly GradientSum biasSum;
    private readonly int inputs;
    private readonly int outputs;
    private readonly int panels;
    private readonly RunningProducts? products;
    private readonly WinogradFilters directions;
    private WinogradImagesCall? shared;
    private CpuOperand? sharedImages;

    public WinogradFilterGradientCall(
        string name, ConvolutionShape shape, (Tensor Image, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice filterResult, Slice biasResult,
        SampleProducts? wanted = null)
        : base(name, filterResult.Vector.Shape.Members, biasCotangent.Shape.Samples)
    {
        this.shape = CorrelationShape.Forward(shape);
        tiles = new WinogradTiles(this.shape);
        this.sources = Array.ConvertAll(sources, source => (Read(source.Image), Read(source.Cotangent)));
        this.biasCotangent = Read(biasCotangent);
        inputs = WinogradTiles.RoundUp(shape.InputChannels);
        outputs = WinogradTiles.RoundUp(shape.OutputChannels);
        filterSum = Sum(filterResult, shape.KernelSize * shape.KernelSize * inputs * outputs, new FilterGradientOrder(shape, inputs, outputs).Convert, isAssignedFirst: true);
        biasSum = Sum(biasResult, shape.OutputChannels);
        panels = FilterPanels.Count(outputs);
        products = ReadProducts(wanted);
        directions = new WinogradFilters(this.shape);
        RetainedFloats = SumLength + (products is null ? 0 : products.TotalFloats + products.Count * DirectionLength);
    }

    /// <summary>The images, where all members of the ensemble read the same ones; otherwise null.</summary>
    internal (CpuTensor Images, CorrelationShape Shape)? SharedImages
        => Members > 1 && Samples > 1 && sources.Length == 1 && products is null && sources[0].Image.Tensor.Shape.Members == 1
            ? (sources[0].Image.Tensor, shape) : null;

    /// <summary>Floats from one product's sum [inputs, 32] to the next one's, off powers of two like the planes of <see cref="WinogradTiles"/>.</summary>
    private int SumStride => inputs * Columns + LanePart.Lanes;

    private long PanelLength => (long)WinogradTransform.Products * SumStride;

    private long SumLength => (IsSinglePass ? 1 : panels) * PanelLength;

    /// <summary>Directions are left out: the plain call's blocks, which fit the second-level cache, are worth more than passing over the directions less often.</summary>
    public override long PassedFloats => SumLength;

    /// <summary>Floats of a transformed direction: panels of the sum's form.</summary>
    private long DirectionLength => panels * PanelLength;

    /// <summary>With one sample nothing is summed: each panel of outputs is transformed back as soon as it is multiplied, while it is in the cache.</summary>
    private bool IsSinglePass => Samples == 1;

    private int PaddedLength => tiles.PaddedHeight * tiles.PaddedWidth * inputs;

    private int SamplesTogether => Math.Max(1, TargetTiles / tiles.Count);

    public override double FlopsPerSample => sources.Length * shape.Flops + 2.0 * (products?.Count ?? 0) * shape.Taps * shape.InputChannels * shape.OutputChannels;

    public override long TemporaryFloats(int samples)
        => (products is null ? 0 : SamplesTogether * products.TotalFloats + directions.ChunkLength) + PaddedLength + (long)sources.Length * WinogradTransform.Products
            * (WinogradTiles.PlaneStride(SamplesTogether * tiles.Count, inputs) + WinogradTiles.PlaneStride(SamplesTogether * tiles.Count, outputs));

    /// <summary>Takes images that are transformed already.</summary>
    internal void Share(WinogradImagesCall transform) => (shared, sharedImages) = (transform, ReadWhole(transform.Transformed));

    public override void EndSlot(Workspace workspace)
    {
        for (int panel = 0; panel < panels && !IsSinglePass; panel++)
            TransformBack(workspace, panel, workspace.Start + RetainedOffset + panel * PanelLength);
    }

    public override void Execute(in Tile tile)
    {
        if (products is not null && MustRenew(tile, products.WeightDirections.IsShared))
            TransformDirections(tile, products);
        for (int first = tile.FirstSample; first < tile.EndSample; first += SamplesTogether)
        {
            int samples = Math.Min(SamplesTogether, tile.EndSample - first);
            double* totals = (double*)tile.Workspace.Temporary;
            new Span<double>(totals, samples * (products?.Count ?? 0)).Clear();
            AddProducts(tile, first, samples, totals);
            for (int i = 0; i < samples; i++)
            {
                BiasGradient.Add(biasCotangent.At(tile, first + i), shape.OutputHeight * shape.OutputWidth, shape.OutputChannels, biasSum.Slot(tile.Workspace));
                if (products is null)
                    continue;
                double* ofSample = totals + (nint)i * products.Count;
                products.Add(tile, products.BiasDirections, biasSum.Slot(tile.Workspace), ofSample);
                products.Write(tile, first + i, ofSample, (double*)(Retained(tile) + SumLength));
            }
        }
    }

    /// <summary>⟨Gᵀ U G, V⟩ = ⟨U, G V Gᵀ⟩: a direction is transformed as a filter is, and meets the sums as they are.</summary>
    private void TransformDirections(in Tile tile, RunningProducts products)
    {
        for (int d = 0; d < products.Count; d++)
            for (int panel = 0; panel < panels; panel++)
                directions.TransformPanel(
                    products.WeightDirections.At(tile, d), panel, Directions(tile) + d * DirectionLength + panel * PanelLength, tile.Workspace.Temporary);
    }

    private float* Directions(in Tile tile) => Retained(tile) + SumLength + products!.TotalFloats;

    /// <summary>Multiplies and sums some samples together; where products with directions are wanted, sample by sample, to the same bits.</summary>
    private void AddProducts(in Tile tile, int firstSample, int samples, double* totals)
    {
        int steps = samples * tiles.Count, parts = products is null ? 1 : samples, stepsOfPart = steps / parts;
        nint imagePlane = WinogradTiles.PlaneStride(steps, inputs), cotangentPlane = WinogradTiles.PlaneStride(steps, outputs);
        nint sourceLength = WinogradTransform.Products * (imagePlane + cotangentPlane);
        float* padded = tile.Workspace.Temporary + (products is null ? 0 : SamplesTogether * products.TotalFloats), images = padded + PaddedLength, cotangents = images + WinogradTransform.Products * imagePlane;
        for (int i = 0; i < samples; i++)
        {
            for (int source = 0; source < sources.Length; source++)
            {
                if (shared is null)
                    tiles.TransformImage(sources[source].Image.At(tile, firstSample + i), padded, images + source * sourceLength, steps,
                        inputs, i * tiles.Count, 0);
                tiles.TransformCotangent(sources[source].Cotangent.At(tile, firstSample + i), cotangents + source * sourceLength, steps, i * tiles.Count);
            }
        }
        if (shared is not null)
            images = shared.At(sharedImages!, tile, firstSample, out imagePlane);
        bool begins = tile.BeginsSlot && firstSample == tile.FirstSample;
        for (int panel = 0; panel < panels; panel++)
        {
            float* sums = Retained(tile) + (IsSinglePass ? 0 : panel * PanelLength);
            int columns = Math.Min(Columns, outputs - panel * Columns);
            for (int product = 0; product < WinogradTransform.Products; product++)
            {
                float* sum = sums + (nint)product * SumStride;
                (bool belowEdge, bool beyondEdge) = WinogradTiles.Serves(product);
                if (tiles.AreCut && (belowEdge || beyondEdge) && sources.Length == 1 && products is null)
                {
                    MultiplyServed(images + product * imagePlane, cotangents + product * cotangentPlane + panel * Columns, samples,
                        belowEdge, beyondEdge, sum, columns, !begins);
                    continue;
                }
                for (int part = 0; part < parts; part++)
                {
                    nint firstStep = (nint)part * stepsOfPart;
                    MatrixMicroKernel.Multiply(
                        new Contraction
                        {
                            A = images + product * imagePlane + firstStep * inputs,
                            RowStrideA = 1,
                            StepA = inputs,
                            SegmentA = sourceLength,
                            B = cotangents + product * cotangentPlane + firstStep * outputs + panel * Columns,
                            StepB = outputs,
                            SegmentB = sourceLength,
                            Steps = stepsOfPart,
                            Segments = sources.Length,
                            C = sum,
                            RowStrideC = Columns,
                            Columns = columns,
                            Accumulate = !begins || part > 0,
                        },
                        inputs);
                    products?.AddPlane(
                        sum, Directions(tile) + panel * PanelLength + (nint)product * SumStride, (nint)DirectionLength, inputs, columns, totals + (nint)part * products.Count);
                }
            }
            if (IsSinglePass)
                TransformBack(tile.Workspace, panel, sums);
        }
    }

    /// <summary>A product that serves pixels of some tiles only: the others' cotangents are zero, and left out.</summary>
    private void MultiplyServed(float* images, float* cotangents, int samples, bool belowEdge, bool beyondEdge, float* sum, int columns,
        bool accumulates)
    {
        // Of each sample's tiles 0 1 / 2 3 the first two, the first column's two, or the first.
        bool isFirstOnly = belowEdge && beyondEdge;
        int step = isFirstOnly ? tiles.Count : belowEdge ? 1 : tiles.Columns;
        MatrixMicroKernel.Multiply(
            new Contraction
            {
                A = images,
                RowStrideA = 1,
                StepA = step * inputs,
                SegmentA = tiles.Count * inputs,
                B = cotangents,
                StepB = step * outputs,
                SegmentB = tiles.Count * outputs,
                Steps = isFirstOnly ? samples : 2,
                Segments = isFirstOnly ? 1 : samples,
                C = sum,
                RowStrideC = Columns,
                Columns = columns,
                Accumulate = accumulates,
            },
            inputs);
    }

    private void TransformBack(Workspace workspace, int panel, float* sums)
    {
        float* target = filterSum.Slot(workspace) + panel * Columns;
        int columns = Math.Min(Columns, outputs - panel * Columns);
        for (int row = 0; row < inputs; row++)
            for (int column = 0; column < columns; column += LanePart.Lanes)
                WinogradTransform.FilterGradient(sums + row * Columns + column, SumStride, target + (nint)row * outputs + column, (nint)inputs * outputs);
    }
}
