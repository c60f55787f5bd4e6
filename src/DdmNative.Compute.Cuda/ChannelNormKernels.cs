namespace DdmNative.Compute.Cuda;

/// <summary>
/// Launches the passes over images that batch norm, frozen batch norm and group norm share (kernels/ChannelNorm.cu): passes that sum
/// parts of a member's rows, and passes that write images.
/// </summary>
internal sealed class ChannelNormKernels(CudaDevice device)
{
    /// <summary>A part's rows, unless one sample has more. It depends only on the shape, and so do the bits.</summary>
    private const int PartRows = 256;

    private const int Threads = 256;

    // As in kernels/BatchNorm.cu: columns of a block that adds parts.
    private const int Columns = 32;

    /// <summary>Samples of a part of images whose statistics are not per sample.</summary>
    public static int PartSamples(TensorShape images) => Math.Clamp(PartRows / (images.Height * images.Width), 1, images.Samples);

    /// <summary>Writes each part's means and moments to partials [E, parts, 3, C].</summary>
    public Workspace ComputeMoments(in NormImages images)
    {
        Workspace partials = Partials(images, 3);
        Launch("moments", images, Arguments(images).Pointer(partials.Address));
        return partials;
    }

    /// <summary>Writes each part's Σ u and Σ x̂u to partials [E, parts, 2, C].</summary>
    public Workspace ComputeSums(in NormImages images, Tensor u)
    {
        Workspace partials = Partials(images, 2);
        Launch("sums", images, Arguments(images).Operand(u).Pointer(partials.Address));
        return partials;
    }

    /// <summary>Writes each part's Σ u, Σ x̂u, Σ v and Σ x̂v to partials [E, parts, 4, C].</summary>
    public Workspace ComputeSums(in NormImages images, Tensor u, Tensor v)
    {
        Workspace partials = Partials(images, 4);
        Launch("sums_of_two", images, Arguments(images).Operand(u).Operand(v).Pointer(partials.Address));
        return partials;
    }

    /// <summary>Writes each part's Σ δ̇ and Σ(δ̇x̂ + δx̂̇) to partials [E, parts, 2, C].</summary>
    public Workspace ComputeTangentSums(
        in NormImages images, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, NormMeans means)
    {
        Workspace partials = Partials(images, 2);
        Launch("tangent_sums", images, Means(Operand(Arguments(images), xTangent).Operand(cotangent).Operand(cotangentTangent), means)
            .Pointer(partials.Address));
        return partials;
    }

    /// <summary>Adds the parts' sums [E, parts, values, C] of a batch.</summary>
    /// <param name="images">The images that were summed.</param>
    /// <param name="partials">The parts' sums.</param>
    /// <param name="values">Sums of each channel.</param>
    /// <param name="scale">Receives the totals of the second value.</param>
    /// <param name="shift">Receives the totals of the first.</param>
    /// <param name="means">Receives all means.</param>
    public void AddParts(in NormImages images, Workspace partials, int values, Slice? scale, Slice? shift, NormMeans means = default)
    {
        TensorShape shape = images.Shape;
        int columns = values * shape.Channels, tiles = (columns + Columns - 1) / Columns;
        KernelArguments arguments = Operand(new KernelArguments().Pointer(partials.Address), images.Presence);
        arguments = Operand(Operand(arguments, scale), shift).Pointer(means.Address).Long(means.MemberStride)
            .Int(shape.Samples).Int(images.Parts).Int(shape.Height * shape.Width).Int(shape.Channels).Int(columns);
        device.Launch(new("batch_norm_totals", new Dim3(checked(shape.Members * tiles)), new Dim3(Threads)), arguments);
    }

    public void Forward(in NormImages images, Slice scale, Slice shift, Tensor y)
        => Launch("forward", images, Arguments(images).Operand(scale).Operand(shift).Result(y));

    public void ForwardTangent(
        in NormImages images, Tensor? xTangent, NormMeans means, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
        => Launch("forward_tangent", images, Means(Operand(Arguments(images), xTangent), means)
            .Operand(scale).Operand(scaleTangent).Operand(shiftTangent).Result(yTangent));

    public void Backward(in NormImages images, Tensor cotangent, NormMeans means, Slice scale, Tensor xCotangent)
        => Launch("backward", images, Means(Arguments(images).Operand(cotangent), means)
            .Int(means.AreWeighted ? 1 : 0).Operand(scale).Result(xCotangent));

    public void BackwardTangent(
        in NormImages images, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, NormMeans means, Slice scale, Slice scaleTangent,
        Tensor result)
        => Launch("backward_tangent", images, Means(
            Operand(Arguments(images), xTangent).Operand(cotangent).Operand(cotangentTangent), means)
            .Int(means.AreWeighted ? 1 : 0).Operand(scale).Operand(scaleTangent).Result(result));

    private static KernelArguments Arguments(in NormImages images)
    {
        TensorShape shape = images.Shape;
        return Operand(new KernelArguments().Operand(images.X), images.Presence)
            .Pointer(images.Mean.Address).Long(images.Mean.MemberStride)
            .Pointer(images.Deviation.Address).Long(images.Deviation.MemberStride).Int(images.DeviationIsVariance ? 1 : 0)
            .Int(images.StatisticsSample).Int(images.Group).Int(shape.Samples).Int(images.PartSamples).Int(shape.Height * shape.Width)
            .Int(shape.Channels).Int(Tiling(images).Lanes);
    }

    private static KernelArguments Means(KernelArguments arguments, NormMeans means)
        => arguments.Pointer(means.Address).Long(means.MemberStride).Int(means.SampleStride).Int(means.Stride);

    private static KernelArguments Operand(KernelArguments arguments, Tensor? tensor)
        => tensor is null ? arguments.Pointer(0).Long(0) : arguments.Operand(tensor);

    private static KernelArguments Operand(KernelArguments arguments, Slice? slice)
        => slice is Slice given ? arguments.Operand(given) : arguments.Pointer(0).Long(0);

    private static ColumnTiling Tiling(in NormImages images)
    {
        TensorShape shape = images.Shape;
        return ColumnTiling.Streaming(
            images.PartSamples * shape.Height * shape.Width, shape.Channels, width: shape.Channels % 4 == 0 ? 4 : 1);
    }

    private Workspace Partials(in NormImages images, int values)
        => device.Workspace((long)images.Shape.Members * images.Parts * values * images.Shape.Channels);

    private void Launch(string pass, in NormImages images, KernelArguments arguments)
    {
        ColumnTiling tiling = Tiling(images);
        device.Launch(
            new($"channel_norm_{pass}_{tiling.Accesses}", new Dim3(checked(images.Shape.Members * images.Parts * tiling.Tiles)),
                new Dim3(tiling.Threads)), arguments);
    }
}

/// <summary>Values on the device: an address and the floats between two members; 0 for shared ones.</summary>
internal readonly record struct NormValues(ulong Address, long MemberStride)
{
    public static NormValues Create(Slice slice) => new(slice.Address(), slice.MemberStride());

    public static NormValues Create(Tensor tensor, int offset)
        => new(((CudaTensor)tensor).Address + sizeof(float) * (ulong)offset, ((CudaTensor)tensor).MemberStride);
}

/// <summary>The images of a call and what is known of them (kernels/ChannelNorm.cuh).</summary>
/// <param name="Shape">Of a result, with all members.</param>
/// <param name="X">x.</param>
/// <param name="Presence">Which samples are in the batch; null: all.</param>
/// <param name="Mean">μ; none yet for the moments.</param>
/// <param name="Deviation">r, or the variance.</param>
/// <param name="DeviationIsVariance">Whether it is the variance.</param>
/// <param name="StatisticsSample">Floats from a sample's statistics to the next one's; 0: all samples have the same.</param>
/// <param name="Group">Channels with the same statistics.</param>
/// <param name="PartSamples">Samples that a block processes.</param>
internal readonly record struct NormImages(
    TensorShape Shape, Tensor X, Tensor? Presence, NormValues Mean, NormValues Deviation, bool DeviationIsVariance, int StatisticsSample,
    int Group, int PartSamples)
{
    public int Parts => (Shape.Samples + PartSamples - 1) / PartSamples;
}

/// <summary>Means over a batch or a group, [E, N or 1, values, C or groups]. The default is none: all are zero.</summary>
/// <param name="Address">Of the first.</param>
/// <param name="MemberStride">Floats between two members.</param>
/// <param name="SampleStride">Floats between two samples; 0: all samples have the same.</param>
/// <param name="Stride">Floats between two values.</param>
/// <param name="AreWeighted">Whether those of cotangents are of γδ, not of δ.</param>
internal readonly record struct NormMeans(ulong Address, long MemberStride, int SampleStride, int Stride, bool AreWeighted)
{
    /// <summary>The means from value <paramref name="first"/> on.</summary>
    public NormMeans From(int first) => this with { Address = Address + sizeof(float) * (ulong)(first * Stride) };
}
