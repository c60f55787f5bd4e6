using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cuda.Products;

/// <summary>
/// The steps before and after the main kernels of convolutions and matrix products (kernels/ProductOperands.cu): packing operands for
/// 16-byte copies, and summing the parts of split contractions. One per call; disposing it frees the scratch memory.
/// </summary>
/// <param name="device">Where the kernels run.</param>
/// <param name="operation">The operation, as errors name it.</param>
internal sealed class ProductOperands(CudaDevice device, string operation) : IDisposable
{
    private const int Threads = 256;
    private const int TransposeTile = 32;

    /// <summary>
    /// Floats of a filter that a block takes at a time: those of a 3 × 3 filter of 128 channels. For images of few channels, the most of
    /// one line.
    /// </summary>
    private const int BlockFloats = 1152, LineFloats = 8192;

    /// <summary>Lanes of a warp.</summary>
    private const int Warp = 32;

    /// <summary>Rows that one block sums at least, and the most blocks that share the rows.</summary>
    private const int RowsPerSum = 256, MostSums = 64;

    private readonly List<Workspace> _workspaces = [];

    /// <summary>Scratch memory until the call ends.</summary>
    public DeviceMatrix Scratch(int members, long memberFloats)
    {
        Workspace workspace = device.Workspace(members * memberFloats);
        _workspaces.Add(workspace);
        return new DeviceMatrix(workspace.Address, members == 1 ? 0 : memberFloats);
    }

    /// <summary>
    /// The tensor's rows of channels, [E, rows, C], each padded with zeros to a multiple of four; the tensor itself if C is one.
    /// </summary>
    /// <param name="tensor">The tensor to pad.</param>
    /// <param name="operand">Its name in errors.</param>
    /// <exception cref="TensorTooLargeException">A member has more floats than the kernels support.</exception>
    public DeviceMatrix PaddedRows(Tensor tensor, string operand)
    {
        TensorShape shape = tensor.Shape;
        int width = shape.Channels, padded = ProductTile.Padded(width);
        int floats = KernelLimits.Require(operation, operand, (long)shape.Samples * shape.Height * shape.Width * padded);
        int rows = floats / padded;
        DeviceMatrix source = DeviceMatrix.From(tensor);
        if (padded == width)
            return source;
        DeviceMatrix result = Scratch(shape.Members, (long)rows * padded);
        int blocks = ProductTile.Ceiling(floats, Threads);
        device.Launch(
            new KernelLaunch("product_pad_rows", new Dim3(checked(blocks * shape.Members)), new Dim3(Threads)),
            new KernelArguments().Pointer(source.Address).Long(source.MemberStride).Pointer(result.Address).Int(rows).Int(width).Int(padded)
            .Int(blocks));
        return result;
    }

    /// <summary>
    /// Images with channels that are a multiple of four. Images of one to three channels also get their border of zeros, and lines of an
    /// even number of pixels: the patches of two adjacent pixels, 16 bytes a pixel, then fill whole sectors.
    /// </summary>
    /// <param name="tensor">The images.</param>
    /// <param name="padding">Pixels of zeros that the convolution needs around them.</param>
    /// <param name="operand">Their name in errors.</param>
    /// <exception cref="TensorTooLargeException">A member has more floats than the kernels support.</exception>
    public DeviceImage Image(Tensor tensor, int padding, string operand)
    {
        TensorShape shape = tensor.Shape;
        int channels = ProductTile.Padded(shape.Channels);
        if (shape.Channels >= 4 || padding < 0 || shape.Width * shape.Channels > LineFloats)
            return new DeviceImage(PaddedRows(tensor, operand), channels, shape.Height, shape.Width, padding);
        (int height, int width) = (checked(shape.Height + 2 * padding), checked(shape.Width + 2 * padding + 1) / 2 * 2);
        int lines = Math.Clamp(Threads / width, 1, Math.Min(height, LineFloats / (shape.Width * shape.Channels)));
        int lineBlocks = ProductTile.Ceiling(height, lines);
        int floats = KernelLimits.Require(operation, operand, (long)shape.Samples * height * width * channels);
        DeviceMatrix source = DeviceMatrix.From(tensor), result = Scratch(shape.Members, floats);
        device.Launch(
            new KernelLaunch("product_pad_image", new Dim3(checked(lineBlocks * shape.Samples * shape.Members)), new Dim3(Threads),
            sizeof(float) * lines * shape.Width * shape.Channels),
            new KernelArguments().Pointer(source.Address).Long(source.MemberStride).Pointer(result.Address).Int(shape.Samples)
            .Int(shape.Height).Int(shape.Width).Int(shape.Channels)
                .Int(padding).Int(height).Int(width).Division(width).Int(lines).Int(lineBlocks));
        return new DeviceImage(result, channels, height, width, 0);
    }

    /// <summary>The filter bank [O, C, taps] as B of a product over C: [taps · C′ and zeros up to whole steps, O′].</summary>
    public DeviceMatrix Transposed(Slice filter, int outputs, int channels, int taps)
    {
        (int packedOutputs, int packedChannels) = (ProductTile.Padded(outputs), ProductTile.Padded(channels));
        int depth = ProductTile.WholeSteps(taps * packedChannels);
        // A filter may begin up to seven floats into a sector, and tiles begin with sectors.
        (int depthTiles, int outputTiles) = (ProductTile.Ceiling(depth + 7, TransposeTile),
            ProductTile.Ceiling(packedOutputs, TransposeTile));
        int members = filter.Vector.Shape.Members;
        DeviceMatrix result = Scratch(members, KernelLimits.Require(operation, "the filters", (long)depth * packedOutputs));
        device.Launch(
            new KernelLaunch("product_pack_transposed", new Dim3(checked(depthTiles * outputTiles * members)), new Dim3(Threads)),
            new KernelArguments().Pointer(filter.Address()).Long(filter.MemberStride()).Pointer(result.Address).Int(outputs)
            .Int(packedOutputs).Int(channels).Int(packedChannels)
                .Int(taps).Division(taps).Int(depth).Int(depthTiles).Int(outputTiles));
        return result;
    }

    /// <summary>
    /// The filter bank [O, C, taps], taps in reverse, as B of a product over O: [taps · O′ and zeros up to whole steps, C′].
    /// </summary>
    public DeviceMatrix Turned(Slice filter, int outputs, int channels, int taps)
        => Turned(DeviceMatrix.From(filter), filter.Vector.Shape.Members, outputs, channels, taps);

    /// <summary>The same of filters that are not a slice.</summary>
    public DeviceMatrix Turned(DeviceMatrix filter, int members, int outputs, int channels, int taps)
    {
        (int packedOutputs, int packedChannels) = (ProductTile.Padded(outputs), ProductTile.Padded(channels));
        int depth = ProductTile.WholeSteps(taps * packedOutputs);
        FilterBlocks blocks = FilterBlocks.Choose(packedOutputs, packedChannels, taps);
        int lanes = ProductTile.Ceiling(blocks.Outputs * blocks.Channels, Warp) * Warp;
        DeviceMatrix result = Scratch(members, KernelLimits.Require(operation, "the filters", (long)depth * packedChannels));
        device.Launch(
            new KernelLaunch("product_pack_turned", new Dim3(checked(blocks.Count * members)), new Dim3(Threads), blocks.SharedBytes(taps)),
            blocks.AddTo(
                new KernelArguments().Pointer(filter.Address).Long(filter.MemberStride).Pointer(result.Address).Int(outputs)
                .Int(packedOutputs).Int(channels).Int(packedChannels)
                    .Division(packedChannels).Int(taps).Int(depth)).Int(lanes).Division(lanes));
        return result;
    }

    /// <summary>The taps of <paramref name="rows"/> filters that one phase of a strided convolution has.</summary>
    public DeviceMatrix TakeTaps(Slice filter, int rows, ConvolutionShape shape, StridePhase rowPhase, StridePhase columnPhase)
    {
        int members = filter.Vector.Shape.Members, floats = rows * rowPhase.Taps * columnPhase.Taps;
        int blocks = ProductTile.Ceiling(floats, Threads);
        DeviceMatrix result = Scratch(members, floats);
        device.Launch(
            new KernelLaunch("product_take_taps", new Dim3(checked(blocks * members)), new Dim3(Threads)),
            new KernelArguments().Pointer(filter.Address()).Long(filter.MemberStride()).Pointer(result.Address).Int(rows)
            .Int(shape.KernelSize).Int(rowPhase.FirstTap).Int(columnPhase.FirstTap).Int(shape.Stride).Int(rowPhase.Taps)
                .Int(columnPhase.Taps).Int(blocks));
        return result;
    }

    /// <summary>
    /// Assigns to <paramref name="image"/> [E, N, C, H, W] the pixels of its phases, each [E, N, h, w, C] and
    /// <paramref name="phaseFloats"/> floats after the one before.
    /// </summary>
    public void MergePhases(ConvolutionShape shape, DeviceMatrix phases, long phaseFloats, Tensor image)
    {
        TensorShape result = image.Shape;
        int blocks = ProductTile.Ceiling(KernelLimits.Require(operation, "the images", result.MemberLength), Threads);
        device.Launch(
            new KernelLaunch("product_merge_phases", new Dim3(checked(blocks * result.Members)), new Dim3(Threads)),
            new KernelArguments().Pointer(phases.Address).Long(phaseFloats).Pointer(DeviceMatrix.From(image).Address).Int(result.Samples)
            .Int(result.Height).Int(result.Width).Int(result.Channels).Division(result.Channels).Division(result.Width)
                .Division(result.Height).Int(shape.Stride).Division(shape.Stride).Int(shape.KernelSize).Int(shape.Padding).Int(blocks));
    }

    /// <summary>Assigns to <paramref name="result"/> [E, C] the sums over all but the channels.</summary>
    public void SumColumns(Tensor tensor, Slice result)
    {
        TensorShape shape = tensor.Shape;
        int members = result.Vector.Shape.Members, rows = checked(shape.Samples * shape.Height * shape.Width), width = shape.Channels;
        int splits = Math.Clamp(rows / RowsPerSum, 1, MostSums), columnBlocks = ProductTile.Ceiling(width, 32);
        (DeviceMatrix source, DeviceMatrix target) = (DeviceMatrix.From(tensor), DeviceMatrix.From(result));
        DeviceMatrix sums = splits == 1 ? target : Scratch(members, (long)splits * width);
        device.Launch(
            new KernelLaunch("product_column_sums", new Dim3(checked(columnBlocks * splits * members)), new Dim3(Threads)),
            new KernelArguments().Pointer(source.Address).Long(source.MemberStride).Pointer(sums.Address).Long(sums.MemberStride).Int(rows)
            .Int(width).Int(splits).Int(columnBlocks));
        if (splits > 1)
            SumSplits(sums, splits, target, members, 1, width, width, 1);
    }

    /// <summary>
    /// Assigns to <paramref name="result"/> [E, O, C, taps] the sums of <paramref name="shares"/> [E, splits, O, taps, C′].
    /// </summary>
    public void SumSplits(DeviceMatrix shares, int splits, DeviceMatrix result, int members, int outputs, int channels, int packedChannels,
        int taps)
    {
        FilterBlocks blocks = FilterBlocks.Choose(outputs, packedChannels, taps);
        int lanes = blocks.Channels < Warp ? blocks.Channels : ProductTile.Ceiling(blocks.Channels, Warp) * Warp;
        device.Launch(
            new KernelLaunch("product_sum_splits", new Dim3(checked(blocks.Count * members)), new Dim3(Threads), blocks.SharedBytes(taps)),
            blocks.AddTo(
                new KernelArguments().Pointer(shares.Address).Pointer(result.Address).Long(result.MemberStride).Int(splits).Int(outputs)
                .Int(channels).Int(packedChannels)
                    .Int(taps).Division(taps)).Int(lanes).Division(lanes));
    }

    public void Dispose() => _workspaces.ForEach(workspace => workspace.Dispose());

    /// <summary>
    /// The part of a filter bank that one block takes: some outputs with all their channels, or some channels (whole warps) of one output.
    /// </summary>
    private readonly record struct FilterBlocks(int Outputs, int OutputBlocks, int Channels, int ChannelBlocks)
    {
        public int Count => checked(OutputBlocks * ChannelBlocks);

        public static FilterBlocks Choose(int outputs, int channels, int taps)
        {
            int fit = Math.Max(Warp, BlockFloats / taps / Warp * Warp), perBlock = Math.Min(channels, fit);
            // An even number of outputs, so that rows of four channels begin with a sector.
            int together = perBlock < channels ? 1 : Math.Max(1, BlockFloats / taps / channels / 2 * 2);
            return new(Math.Min(outputs, together), ProductTile.Ceiling(outputs, Math.Min(outputs, together)), perBlock,
                ProductTile.Ceiling(channels, perBlock));
        }

        public int SharedBytes(int taps) => sizeof(float) * Outputs * Channels * taps;

        public KernelArguments AddTo(KernelArguments arguments)
            => arguments.Int(Outputs).Int(OutputBlocks).Int(Channels).Int(ChannelBlocks);
    }
}
