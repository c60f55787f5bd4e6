using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cuda.Products;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// Convolution as an implicit matrix product (kernels/Convolution.cu). Filters are packed, and images whose channels are not a multiple of
/// four are padded, before the main kernel; filter gradients are split over the pixels and summed after it.
/// </summary>
internal sealed class CudaConvolution(CudaDevice device) : Convolution
{
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
        string operation = isForward ? "convolution, forward" : "convolution, backward to its images";
        string operand = isForward ? "the images" : "the cotangents";
        using var operands = new ProductOperands(device, operation);
        int taps = shape.KernelSize * shape.KernelSize;
        (int channels, int outputs) = isForward ? (shape.InputChannels, shape.OutputChannels) : (shape.OutputChannels, shape.InputChannels);
        int stepsPerSource = ProductTile.Ceiling(taps * ProductTile.Padded(channels), ProductTile.Depth), padding = isForward
            ? shape.Padding : shape.KernelSize - 1 - shape.Padding;
        DeviceImage[] images = [.. sources.Select(source => operands.Image(source.Image, padding, operand))];
        var contraction = new Contraction(
            [.. sources.Select((source, i) => (
                images[i].Matrix,
                isForward ? operands.Transposed(source.Filter, shape.OutputChannels, shape.InputChannels, taps)
                    : operands.Turned(source.Filter, shape.OutputChannels, shape.InputChannels, taps)))],
            stepsPerSource);
        TensorShape result = output.Shape;
        int pixels = KernelLimits.Require(operation, "a channel of the results", (long)result.Samples * result.Height * result.Width);
        ProductTile tile = ProductTile.ForImages(pixels, outputs);
        (int rowTiles, int columnTiles) = (tile.RowTiles(pixels), tile.ColumnTiles(outputs));
        DeviceMatrix added = bias is Slice slice ? DeviceMatrix.From(slice) : default;
        KernelArguments arguments = contraction.Arguments().Pointer(added.Address).Long(added.MemberStride)
            .Pointer(DeviceMatrix.From(output).Address)
            .Int(pixels).Int(outputs).Int(ProductTile.Padded(outputs)).Int(stepsPerSource).Int(contraction.Steps).Int(rowTiles)
                .Int(columnTiles);
        AddImageShape(arguments, images[0], result, shape.KernelSize);
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
        DeviceImage[] images = [.. sources.Select(source => operands.Image(source.Image, shape.Padding, "the images"))];
        var contraction = new Contraction(
            [.. sources.Select((source, i) => (images[i].Matrix, operands.PaddedRows(source.Cotangent, "the cotangents")))],
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
            AddImageShape(arguments, images[0], map, shape.KernelSize);
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

    private static void AddImageShape(KernelArguments arguments, DeviceImage image, TensorShape output, int kernel)
    {
        int pixels = output.Height * output.Width;
        arguments.Int(image.Channels).Int(image.Height).Int(image.Width).Int(kernel).Int(image.Padding)
            .Int(pixels).Division(pixels).Int(output.Width).Division(output.Width).Division(image.Channels).Division(kernel);
    }
}
