using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cuda.Products;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// Convolution as an implicit matrix product (kernels/Convolution.cu). Filters are packed, and images whose channels are not a multiple of
/// four are padded, before the main kernel; filter gradients are split over the pixels and summed after it.
/// </summary>
internal sealed class CudaConvolution(CudaDevice device) : Convolution
{
    /// <summary>Operations and operands, as errors name them.</summary>
    private const string OfForward = "convolution, forward", OfBackward = "convolution, backward to its images", Images = "the images",
        Cotangents = "the cotangents";

    protected override void ForwardCore(ConvolutionShape shape, Tensor x, Slice filter, Slice? bias, Tensor y)
        => Correlate(shape, isForward: true, [(x, filter)], bias, y);

    protected override void ForwardTangentCore(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Slice filter, Slice filterTangent, Slice? biasTangent, Tensor yTangent)
        => Correlate(shape, isForward: true, xTangent is null
            ? [(x, filterTangent)] : [(x, filterTangent), (xTangent, filter)], biasTangent, yTangent);

    protected override void BackwardDataCore(ConvolutionShape shape, Tensor cotangent, Slice filter, Tensor xCotangent)
        => Correlate(shape, isForward: false, [(cotangent, filter)], null, xCotangent);

    protected override void BackwardDataTangentCore(
        ConvolutionShape shape, Tensor cotangent, Tensor cotangentTangent, Slice filter, Slice filterTangent, Tensor xCotangentTangent)
        => Correlate(shape, isForward: false, [(cotangent, filterTangent), (cotangentTangent, filter)], null, xCotangentTangent);

    protected override void BackwardFilterCore(ConvolutionShape shape, Tensor x, Tensor cotangent, Slice filterCotangent,
        Slice? biasCotangent)
        => SumFilterGradient(shape, [(x, cotangent)], cotangent, filterCotangent, biasCotangent);

    protected override void BackwardFilterTangentCore(
        ConvolutionShape shape, Tensor x, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, Slice filterCotangentTangent,
        Slice? biasCotangentTangent)
        => SumFilterGradient(
            shape, xTangent is null ? [(x, cotangentTangent)] : [(x, cotangentTangent), (xTangent, cotangent)],
            cotangentTangent, filterCotangentTangent, biasCotangentTangent);

    /// <summary>
    /// Output = Σ over sources of filter ∗ image; with the filter turned and its channels exchanged where the pass is not forward.
    /// </summary>
    private void Correlate(ConvolutionShape shape, bool isForward, (Tensor Image, Slice Filter)[] sources, Slice? bias, Tensor output)
    {
        if (!isForward && shape.Stride > 1)
        {
            CorrelatePhases(shape, sources, output);
            return;
        }
        using var operands = new ProductOperands(device, isForward ? OfForward : OfBackward);
        int taps = shape.KernelSize * shape.KernelSize, padding = isForward ? shape.Padding : shape.KernelSize - 1 - shape.Padding;
        DeviceImage[] images = [.. sources.Select(source => operands.Image(source.Image, padding, isForward ? Images : Cotangents))];
        DeviceMatrix[] filters = [.. sources.Select(source => isForward
            ? operands.Transposed(source.Filter, shape.OutputChannels, shape.InputChannels, taps)
            : operands.Turned(source.Filter, shape.OutputChannels, shape.InputChannels, taps))];
        var windows = new Windows(shape.KernelSize, shape.KernelSize, images[0].Padding, images[0].Padding, isForward ? shape.Stride : 1);
        Multiply(isForward ? OfForward : OfBackward, images, filters, windows, bias, output.Shape, DeviceMatrix.From(output).Address);
    }

    /// <summary>
    /// Backward data of a strided convolution: one product for each phase of the pixels (<see cref="StridePhase"/>), and then the image.
    /// </summary>
    private void CorrelatePhases(ConvolutionShape shape, (Tensor Image, Slice Filter)[] sources, Tensor output)
    {
        using var operands = new ProductOperands(device, OfBackward);
        (TensorShape result, int stride) = (output.Shape, shape.Stride);
        DeviceImage[] images = [.. sources.Select(source => new DeviceImage(
            operands.PaddedRows(source.Image, Cotangents), ProductTile.Padded(shape.OutputChannels), shape.OutputHeight, shape.OutputWidth,
            Padding: 0))];
        StridePhase[] phases = StridePhase.All(shape.KernelSize, shape.Padding, stride);
        long phaseFloats = (long)result.Members * result.Samples * phases[0].Count(shape.Height, stride)
            * phases[0].Count(shape.Width, stride) * shape.InputChannels;
        DeviceMatrix merged = operands.Scratch(1, phaseFloats * stride * stride);
        foreach (StridePhase rows in phases)
        {
            foreach (StridePhase columns in phases)
            {
                (int height, int width) = (rows.Count(shape.Height, stride), columns.Count(shape.Width, stride));
                if (rows.Taps == 0 || columns.Taps == 0 || height == 0 || width == 0)
                    continue;
                DeviceMatrix[] filters = [.. sources.Select(source => operands.Turned(
                    operands.TakeTaps(source.Filter, shape.OutputChannels * shape.InputChannels, shape, rows, columns),
                    source.Filter.Vector.Shape.Members, shape.OutputChannels, shape.InputChannels, rows.Taps * columns.Taps))];
                Multiply(
                    OfBackward, images, filters, new Windows(rows.Taps, columns.Taps, -rows.FirstRow, -columns.FirstRow, Stride: 1),
                    bias: null, new TensorShape(result.Members, result.Samples, result.Channels, height, width),
                    merged.Address + sizeof(float) * (ulong)(phaseFloats * (rows.Offset * stride + columns.Offset)));
            }
        }
        operands.MergePhases(shape, merged, phaseFloats, output);
    }

    /// <summary>One product of patches of the images with packed filters, assigned to dense images at an address.</summary>
    private void Multiply(string operation, DeviceImage[] images, DeviceMatrix[] filters, Windows windows, Slice? bias, TensorShape result,
        ulong address)
    {
        int stepsPerSource = ProductTile.Ceiling(windows.Taps * images[0].Channels, ProductTile.Depth), outputs = result.Channels;
        var contraction = new Contraction([.. images.Select((image, i) => (image.Matrix, filters[i]))], stepsPerSource);
        int pixels = KernelLimits.Require(operation, "a channel of the results", (long)result.Samples * result.Height * result.Width);
        ProductTile tile = ProductTile.ForImages(pixels, outputs);
        (int rowTiles, int columnTiles) = (tile.RowTiles(pixels), tile.ColumnTiles(outputs));
        DeviceMatrix added = bias is Slice slice ? DeviceMatrix.From(slice) : default;
        KernelArguments arguments = contraction.Arguments().Pointer(added.Address).Long(added.MemberStride).Pointer(address)
            .Int(pixels).Int(outputs).Int(ProductTile.Padded(outputs)).Int(stepsPerSource).Int(contraction.Steps).Int(rowTiles)
                .Int(columnTiles);
        AddImageShape(arguments, images[0], result, windows);
        device.Launch(
            new KernelLaunch(
                $"convolution_correlate_{tile.Suffix(device.Precision)}", new Dim3(checked(rowTiles * columnTiles * result.Members)),
                new Dim3(tile.Threads),
                tile.SharedBytesByRows(device.Precision)),
            arguments);
    }

    private void SumFilterGradient(
        ConvolutionShape shape, (Tensor Image, Tensor Cotangent)[] sources, Tensor biasCotangent, Slice filterResult, Slice? biasResult)
    {
        const string Operation = "convolution, backward to its filters";
        using var operands = new ProductOperands(device, Operation);
        int taps = shape.KernelSize * shape.KernelSize, packedChannels = ProductTile.Padded(shape.InputChannels),
            columns = taps * packedChannels;
        TensorShape map = biasCotangent.Shape;
        int pixels = KernelLimits.Require(Operation, "a channel of the cotangents", (long)map.Samples * map.Height * map.Width);
        int stepsPerSource = ProductTile.Ceiling(pixels, ProductTile.Depth);
        DeviceImage[] images = [.. sources.Select(source => operands.Image(source.Image, shape.Padding, Images))];
        var contraction = new Contraction(
            [.. sources.Select((source, i) => (images[i].Matrix, operands.PaddedRows(source.Cotangent, Cotangents)))],
                stepsPerSource);
        ProductTile tile = ProductTile.ForParameters(shape.OutputChannels, columns);
        (int rowTiles, int columnTiles) = (tile.RowTiles(shape.OutputChannels), tile.ColumnTiles(columns));
        var waves = new SplitWaves(contraction.Steps, (long)shape.OutputChannels * columns, filterResult.Vector.Shape.Members);
        DeviceMatrix shares = operands.Scratch(waves.MembersAtATime, waves.MemberFloats), result = DeviceMatrix.From(filterResult);
        foreach ((int first, int members) in waves.Waves)
        {
            KernelArguments arguments = contraction.From(first).Arguments().Pointer(shares.Address)
                .Int(pixels).Int(shape.OutputChannels).Int(ProductTile.Padded(shape.OutputChannels)).Int(stepsPerSource)
                    .Int(contraction.Steps).Int(waves.Splits)
                .Int(rowTiles).Int(columnTiles);
            AddImageShape(arguments, images[0], map,
                new Windows(shape.KernelSize, shape.KernelSize, images[0].Padding, images[0].Padding, shape.Stride));
            device.Launch(
                new KernelLaunch(
                    $"convolution_backward_filter_{tile.Suffix(device.Precision)}",
                    new Dim3(checked(rowTiles * columnTiles * waves.Splits * members)), new Dim3(tile.Threads),
                    tile.SharedBytesByColumns(device.Precision)),
                arguments);
            operands.SumSplits(shares, waves.Splits, result.From(first), members, shape.OutputChannels, shape.InputChannels, packedChannels,
                taps);
        }
        if (biasResult is Slice bias)
            operands.SumColumns(biasCotangent, bias);
    }

    private static void AddImageShape(KernelArguments arguments, DeviceImage image, TensorShape output, Windows windows)
    {
        int pixels = output.Height * output.Width;
        arguments.Int(image.Channels).Int(image.Height).Int(image.Width).Int(windows.Taps).Int(windows.TapColumns)
            .Int(windows.Top).Int(windows.Left).Int(windows.Stride)
            .Int(pixels).Division(pixels).Int(output.Width).Division(output.Width).Division(image.Channels).Division(windows.TapColumns);
    }

    /// <summary>
    /// The windows of a convolution: their taps, the pixels of zeros above and beside the image at the first one (negative: pixels of the
    /// image before it), and the pixels from one to the next.
    /// </summary>
    private readonly record struct Windows(int TapRows, int TapColumns, int Top, int Left, int Stride)
    {
        public int Taps => TapRows * TapColumns;
    }
}
