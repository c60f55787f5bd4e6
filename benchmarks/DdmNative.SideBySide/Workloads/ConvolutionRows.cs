using System.Text.Json.Nodes;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.SideBySide.Workloads;

/// <summary>
/// Forward, backward to the data and backward to the filter and bias, at every layer's shape for both inputs, width 128; and at a residual
/// network's strided layers, which have no bias.
/// </summary>
internal static class ConvolutionRows
{
    private const int Width = 128;

    private static readonly (int Channels, int Size)[] Layers = [(1, 28), (Width, 14), (Width, 7), (3, 32), (Width, 16), (Width, 8)];

    /// <summary>Of a ResNet-9, and of others.</summary>
    private static readonly (int Channels, int Size, int KernelSize)[] Strided = [(64, 32, 5), (64, 32, 3), (64, 32, 1), (3, 64, 7)];

    private static readonly string[] Kinds = ["conv-fwd", "conv-bwd-data", "conv-bwd-filter"];

    public static IEnumerable<Workload> All(int batch)
        => from kind in Kinds
           from layer in Layers
           select Row(kind, batch, layer.Channels, layer.Size);

    /// <summary>The strided layers, named <c>strided-fwd-32x32x64-3x3</c>; a quick run has time for one shape.</summary>
    public static IEnumerable<Workload> AllStrided(int batch, bool quick)
        => from kind in Kinds
           from layer in Strided.Take(quick ? 1 : Strided.Length)
           select StridedRow(kind, batch, layer.Channels, layer.Size, layer.KernelSize);

    private static Workload Row(string kind, int batch, int channels, int size)
    {
        var shape = new ConvolutionShape(channels, Width, size, size, 3, 1);
        return new Workload(
            $"{kind}-{size}x{size}x{channels}", 2.0 * shape.MultiplyAdds * batch,
            new JsonObject { ["kind"] = kind, ["batch"] = batch, ["inputs"] = channels, ["outputs"] = Width, ["size"] = size },
            device => Prepare(device, kind, batch, shape, hasBias: true))
        { LeastRatio = 1.5, IsOperation = true };
    }

    private static Workload StridedRow(string kind, int batch, int channels, int size, int kernelSize)
    {
        const int stride = 2;
        var shape = new ConvolutionShape(channels, Width, size, size, kernelSize, kernelSize / 2, stride);
        return new Workload(
            $"{kind.Replace("conv", "strided", StringComparison.Ordinal)}-{size}x{size}x{channels}-{kernelSize}x{kernelSize}",
            2.0 * shape.MultiplyAdds * batch,
            new JsonObject
            {
                ["kind"] = kind, ["batch"] = batch, ["inputs"] = channels, ["outputs"] = Width, ["size"] = size, ["kernel"] = kernelSize,
                ["stride"] = stride, ["bias"] = false,
            },
            device => Prepare(device, kind, batch, shape, hasBias: false))
        { LeastRatio = 1, IsOperation = true };
    }

    private static Prepared Prepare(Device device, string kind, int batch, ConvolutionShape shape, bool hasBias)
    {
        TensorShape vector = TensorShape.Vector(1, shape.FilterLength + shape.OutputChannels);
        var images = new TensorShape(1, batch, shape.InputChannels, shape.Height, shape.Width);
        var maps = new TensorShape(1, batch, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth);
        bool readsImages = kind != "conv-bwd-data", readsMaps = kind != "conv-fwd";
        Tensor x = readsImages ? RandomValues.On(device, images, 1) : device.Allocate(images);
        Tensor y = readsMaps ? RandomValues.On(device, maps, 2) : device.Allocate(maps);
        Tensor parameters = RandomValues.On(device, vector, 3);
        var filter = new Slice(parameters, 0, shape.FilterLength);
        Slice? bias = hasBias ? new Slice(parameters, shape.FilterLength, shape.OutputChannels) : null;
        IPlan plan = device.Record(kind, () =>
        {
            if (kind == "conv-fwd")
                device.Convolution.Forward(shape, x, filter, bias, y);
            else if (kind == "conv-bwd-data")
                device.Convolution.BackwardData(shape, y, filter, x);
            else
                device.Convolution.BackwardFilter(shape, x, y, filter, bias);
        });
        return new Prepared(plan.Run, plan, x, y, parameters);
    }
}
