using System.Text.Json.Nodes;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.SideBySide.Workloads;

/// <summary>Forward, backward to the data and backward to the filter and bias, at every layer's shape for both inputs, width 128.</summary>
internal static class ConvolutionRows
{
    private const int Width = 128;

    private static readonly (int Channels, int Size)[] Layers = [(1, 28), (Width, 14), (Width, 7), (3, 32), (Width, 16), (Width, 8)];

    public static IEnumerable<Workload> All(int batch)
        => from kind in (string[])["conv-fwd", "conv-bwd-data", "conv-bwd-filter"]
           from layer in Layers
           select Row(kind, batch, layer.Channels, layer.Size);

    private static Workload Row(string kind, int batch, int channels, int size)
    {
        var shape = new ConvolutionShape(channels, Width, size, size, 3, 1);
        return new Workload(
            $"{kind}-{size}x{size}x{channels}", 2.0 * shape.MultiplyAdds * batch,
            new JsonObject { ["kind"] = kind, ["batch"] = batch, ["inputs"] = channels, ["outputs"] = Width, ["size"] = size },
            device => Prepare(device, kind, batch, shape))
        { LeastRatio = 1.5, IsOperation = true };
    }

    private static Prepared Prepare(Device device, string kind, int batch, ConvolutionShape shape)
    {
        TensorShape vector = TensorShape.Vector(1, shape.FilterLength + shape.OutputChannels);
        var images = new TensorShape(1, batch, shape.InputChannels, shape.Height, shape.Width);
        var maps = new TensorShape(1, batch, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth);
        bool readsImages = kind != "conv-bwd-data", readsMaps = kind != "conv-fwd";
        Tensor x = readsImages ? RandomValues.On(device, images, 1) : device.Allocate(images);
        Tensor y = readsMaps ? RandomValues.On(device, maps, 2) : device.Allocate(maps);
        Tensor parameters = RandomValues.On(device, vector, 3);
        (Slice filter, Slice bias) = (new Slice(parameters, 0, shape.FilterLength),
            new Slice(parameters, shape.FilterLength, shape.OutputChannels));
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
