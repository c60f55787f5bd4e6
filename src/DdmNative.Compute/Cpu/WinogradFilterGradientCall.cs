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

    public WinogradFilterGradientCall(
        string name, ConvolutionShape shape, (Tensor Image, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice filterResult, Slice biasResult)
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
        RetainedFloats = (long)WinogradTransform.Products * SumStride;
    }

    /// <summary>Floats from one product's sum to the next one's, off powers of two like the planes of <see cref="WinogradTiles"/>.</summary>
    private int SumStride => inputs * outputs + LanePart.Lanes;

    private int PaddedLength => tiles.PaddedHeight * tiles.PaddedWidth * inputs;

    private int SamplesTogether => Math.Max(1, TargetTiles / tiles.Count);

    public override double FlopsPerSample => sources.Length * shape.Flops;

    public override long TemporaryFloats(int samples)
        => PaddedLength + (long)WinogradTransform.Products
            * (WinogradTiles.PlaneStride(SamplesTogether * tiles.Count, inputs) + WinogradTiles.PlaneStride(SamplesTogether * tiles.Count, outputs));

    public override void EndSlot(Workspace workspace)
    {
        float* transformed = workspace.Start + RetainedOffset;
        nint length = (nint)inputs * outputs;
        for (nint i = 0; i < length; i += LanePart.Lanes)
            WinogradTransform.FilterGradient(transformed + i, SumStride, filterSum.Slot(workspace) + i, length);
    }

    public override void Execute(in Tile tile)
    {
        for (int first = tile.FirstSample; first < tile.EndSample; first += SamplesTogether)
        {
            int samples = Math.Min(SamplesTogether, tile.EndSample - first);
            foreach ((CpuOperand image, CpuOperand cotangent) in sources)
                AddProducts(tile, first, samples, image, cotangent, tile.BeginsSlot && first == tile.FirstSample && image == sources[0].Image);
        }
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            BiasGradient.Add(biasCotangent.At(tile, sample), shape.OutputHeight * shape.OutputWidth, shape.OutputChannels, biasSum.Slot(tile.Workspace));
    }

    private void AddProducts(in Tile tile, int firstSample, int samples, CpuOperand image, CpuOperand cotangent, bool isFirst)
    {
        int steps = samples * tiles.Count;
        nint imagePlane = WinogradTiles.PlaneStride(steps, inputs), cotangentPlane = WinogradTiles.PlaneStride(steps, outputs);
        float* images = tile.Workspace.Temporary;
        float* cotangents = images + WinogradTransform.Products * imagePlane;
        float* padded = cotangents + WinogradTransform.Products * cotangentPlane;
        for (int i = 0; i < samples; i++)
        {
            tiles.TransformImage(image.At(tile, firstSample + i), padded, images, steps, inputs, i * tiles.Count, 0);
            tiles.TransformCotangent(cotangent.At(tile, firstSample + i), cotangents, steps, i * tiles.Count);
        }
        float* sums = tile.Workspace.Start + RetainedOffset;
        for (int product = 0; product < WinogradTransform.Products; product++)
        {
            for (int column = 0; column < outputs; column += Columns)
            {
                MatrixMicroKernel.Multiply(
                    new Contraction
                    {
                        A = images + product * imagePlane,
                        RowStrideA = 1,
                        StepA = inputs,
                        B = cotangents + product * cotangentPlane + column,
                        StepB = outputs,
                        Steps = steps,
                        Segments = 1,
                        C = sums + (nint)product * SumStride + column,
                        RowStrideC = outputs,
                        Columns = Math.Min(Columns, outputs - column),
                        Accumulate = !isFirst,
                    },
                    inputs);
            }
        }
    }
}
