namespace DdmNative.Compute.Cuda.Products;

/// <summary>
/// What convolutions and matrix products share around their main kernels (kernels/ProductOperands.cu): operands laid out for 16-byte copies, and the sums
/// of what split contractions leave. One per call; disposing gives the scratch memory back.
/// </summary>
internal sealed class ProductOperands(CudaDevice device) : IDisposable
{
    private const int Threads = 256;
    private const int TransposeTile = 32;

    /// <summary>Floats of a block's row in shared memory, where a filter is not larger itself.</summary>
    private const int BlockFloats = 1024;

    /// <summary>Rows that one block sums at least, and the most blocks that share the rows.</summary>
    private const int RowsPerSum = 256, MostSums = 64;

    private readonly List<Workspace> workspaces = [];

    /// <summary>Scratch memory until the call ends.</summary>
    public DeviceMatrix Scratch(int members, long memberFloats)
    {
        Workspace workspace = device.Workspace(members * memberFloats);
        workspaces.Add(workspace);
        return new DeviceMatrix(workspace.Address, members == 1 ? 0 : memberFloats);
    }

    /// <summary>The tensor's rows of channels, [E, rows, C], each with zeros up to a multiple of four; the tensor itself where that is so already.</summary>
    public DeviceMatrix PaddedRows(Tensor tensor)
    {
        TensorShape shape = tensor.Shape;
        int rows = checked(shape.Samples * shape.Height * shape.Width), width = shape.Channels, padded = ProductTile.Padded(width);
        DeviceMatrix source = DeviceMatrix.Of(tensor);
        if (padded == width)
            return source;
        DeviceMatrix result = Scratch(shape.Members, (long)rows * padded);
        int blocks = ProductTile.Ceiling(checked(rows * padded), Threads);
        device.Launch(
            new KernelLaunch("product_pad_rows", new Dim3(checked(blocks * shape.Members)), new Dim3(Threads)),
            new KernelArguments().Pointer(source.Address).Long(source.MemberStride).Pointer(result.Address).Int(rows).Int(width).Int(padded).Int(blocks));
        return result;
    }

    /// <summary>The filter bank [O, C, taps] as B of a product over C: [taps · C′ and zeros up to whole steps, O′].</summary>
    public DeviceMatrix Transposed(Slice filter, int outputs, int channels, int taps)
    {
        (int packedOutputs, int packedChannels) = (ProductTile.Padded(outputs), ProductTile.Padded(channels));
        int depth = ProductTile.WholeSteps(taps * packedChannels);
        (int depthTiles, int outputTiles) = (ProductTile.Ceiling(depth, TransposeTile), ProductTile.Ceiling(packedOutputs, TransposeTile));
        int members = filter.Vector.Shape.Members;
        DeviceMatrix result = Scratch(members, (long)depth * packedOutputs);
        device.Launch(
            new KernelLaunch("product_pack_transposed", new Dim3(checked(depthTiles * outputTiles * members)), new Dim3(Threads)),
            new KernelArguments().Pointer(filter.Address()).Long(filter.MemberStride()).Pointer(result.Address).Int(outputs).Int(packedOutputs).Int(channels).Int(packedChannels)
                .Int(taps).Int(depth).Int(depthTiles).Int(outputTiles));
        return result;
    }

    /// <summary>The filter bank [O, C, taps], taps in reverse, as B of a product over O: [taps · O′ and zeros up to whole steps, C′].</summary>
    public DeviceMatrix Turned(Slice filter, int outputs, int channels, int taps)
    {
        (int packedOutputs, int packedChannels) = (ProductTile.Padded(outputs), ProductTile.Padded(channels));
        int depth = ProductTile.WholeSteps(taps * packedOutputs), perBlock = ChannelsPerBlock(packedChannels, taps);
        (int channelBlocks, int rowBlocks) = (ProductTile.Ceiling(packedChannels, perBlock), packedOutputs + depth - taps * packedOutputs);
        int members = filter.Vector.Shape.Members;
        DeviceMatrix result = Scratch(members, (long)depth * packedChannels);
        device.Launch(
            new KernelLaunch("product_pack_turned", new Dim3(checked(channelBlocks * rowBlocks * members)), new Dim3(Threads), sizeof(float) * perBlock * taps),
            new KernelArguments().Pointer(filter.Address()).Long(filter.MemberStride()).Pointer(result.Address).Int(outputs).Int(packedOutputs).Int(channels).Int(packedChannels)
                .Int(taps).Int(depth).Int(perBlock).Int(channelBlocks).Int(rowBlocks));
        return result;
    }

    /// <summary>Assigns to <paramref name="result"/> [E, C] the sums over all but the channels.</summary>
    public void SumColumns(Tensor tensor, Slice result)
    {
        TensorShape shape = tensor.Shape;
        int members = result.Vector.Shape.Members, rows = checked(shape.Samples * shape.Height * shape.Width), width = shape.Channels;
        int splits = Math.Clamp(rows / RowsPerSum, 1, MostSums), columnBlocks = ProductTile.Ceiling(width, 32);
        (DeviceMatrix source, DeviceMatrix target) = (DeviceMatrix.Of(tensor), DeviceMatrix.Of(result));
        DeviceMatrix sums = splits == 1 ? target : Scratch(members, (long)splits * width);
        device.Launch(
            new KernelLaunch("product_column_sums", new Dim3(checked(columnBlocks * splits * members)), new Dim3(Threads)),
            new KernelArguments().Pointer(source.Address).Long(source.MemberStride).Pointer(sums.Address).Long(sums.MemberStride).Int(rows).Int(width).Int(splits).Int(columnBlocks));
        if (splits > 1)
            SumSplits(sums, splits, target, members, 1, width, width, 1);
    }

    /// <summary>Assigns to <paramref name="result"/> [E, O, C, taps] the sums of <paramref name="shares"/> [E, splits, O, taps, C′].</summary>
    public void SumSplits(DeviceMatrix shares, int splits, DeviceMatrix result, int members, int outputs, int channels, int packedChannels, int taps)
    {
        int perBlock = ChannelsPerBlock(channels, taps), channelBlocks = ProductTile.Ceiling(channels, perBlock);
        device.Launch(
            new KernelLaunch("product_sum_splits", new Dim3(checked(channelBlocks * outputs * members)), new Dim3(Threads), sizeof(float) * perBlock * taps),
            new KernelArguments().Pointer(shares.Address).Pointer(result.Address).Long(result.MemberStride).Int(splits).Int(outputs).Int(channels).Int(packedChannels).Int(taps)
                .Int(perBlock).Int(channelBlocks));
    }

    public void Dispose() => workspaces.ForEach(workspace => workspace.Dispose());

    private static int ChannelsPerBlock(int channels, int taps)
    {
        int fit = Math.Max(1, BlockFloats / taps);
        return Math.Min(channels, fit >= 8 ? fit / 8 * 8 : fit);
    }
}
