using DdmNative.Attribution.Networks;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>Cut networks on a device, and the order in which a pass may be called.</summary>
public sealed class NetworkPassTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    [Theory]
    [InlineData("convnet", 0)]
    [InlineData("convnet", 1)]
    [InlineData("mlp", 1)]
    [InlineData("lenet", 2)]
    [InlineData("resnet9", 0)]
    [InlineData("resnet9", 2)]
    [InlineData("resnet9", 4)]
    [InlineData("resnet18", 1)]
    [InlineData("resnet18", 8)]
    public void A_top_on_the_features_of_its_bottom_gives_the_whole_networks_logits_and_gradient(string architecture, int blocks)
    {
        NetworkCase c = NetworkCase.Create(architecture, members: 1);
        int cut = c.Network.BlockStart(blocks);
        (Network bottom, Network top) = (c.Network.Bottom(cut), c.Network.Top(cut));
        using var wholePass = new NetworkPass(_device, c.Network, 1, c.Samples, keepOutput: true);
        using var bottomPass = new NetworkPass(_device, bottom, 1, c.Samples, keepOutput: true);
        using var topPass = new NetworkPass(_device, top, 1, c.Samples, keepOutput: true);
        float[] values = c.Parameters[0];
        Tensor images = _device.Upload(c.ImagesShape, c.Images[0]);
        Tensor cotangent = _device.Upload(c.LabelsShape, c.Labels[0]);
        Tensor parameters = _device.Upload(c.VectorShape, values);
        Tensor bottomParameters = _device.Upload(TensorShape.Vector(1, bottom.ParameterCount), values.AsSpan(0, bottom.ParameterCount));
        Tensor topParameters = _device.Upload(TensorShape.Vector(1, top.ParameterCount), values.AsSpan(top.ParameterOffset));
        Tensor gradient = _device.Allocate(parameters.Shape);
        Tensor topGradient = _device.Allocate(topParameters.Shape);
        Record("whole", () =>
        {
            wholePass.Forward(parameters, images);
            wholePass.Backward(parameters, images, cotangent, gradient, null);
        });
        Record("features", () => bottomPass.Forward(bottomParameters, images));
        Record("top", () =>
        {
            topPass.Forward(topParameters, bottomPass.Output);
            topPass.Backward(topParameters, bottomPass.Output, cotangent, topGradient, null);
        });

        Assert.Equal(wholePass.Output.ToArray(), topPass.Output.ToArray());
        Assert.Equal(gradient.ToArray()[top.ParameterOffset..], topGradient.ToArray());
        Assert.Contains(topGradient.ToArray(), value => value != 0);
    }

    [Fact]
    public void Calls_out_of_order_are_refused()
    {
        NetworkCase c = NetworkCase.Create("convnet", members: 1);
        using var pass = new NetworkPass(_device, c.Network, 1, c.Samples);
        Tensor images = _device.Upload(c.ImagesShape, c.Images[0]);
        Tensor others = _device.Upload(c.ImagesShape, c.Images[0]);
        Tensor parameters = _device.Upload(c.VectorShape, c.Parameters[0]);
        Tensor cotangent = _device.Upload(c.LabelsShape, c.Labels[0]);
        Tensor result = _device.Allocate(c.VectorShape);

        Assert.Throws<InvalidOperationException>(() => pass.Backward(parameters, images, cotangent, result, null));
        using IPlan plan = _device.Record("order", () =>
        {
            pass.Forward(parameters, images);
            Assert.Throws<InvalidOperationException>(() => pass.Backward(parameters, others, cotangent, result, null));
            pass.ForwardTangent(parameters, parameters, images, null);
            var error = Assert.Throws<InvalidOperationException>(
                () => pass.BackwardTangent(parameters, parameters, images, null, cotangent, cotangent, result, null));
            Assert.Contains("BackwardTangent must follow Backward in the same plan", error.Message, StringComparison.Ordinal);
            pass.Backward(parameters, images, cotangent, null, null);
            pass.BackwardTangent(parameters, parameters, images, null, cotangent, cotangent, result, null);
        });
    }

    [Fact]
    public void A_vector_of_another_network_is_refused()
    {
        NetworkCase c = NetworkCase.Create("mlp", members: 2);
        using var pass = new NetworkPass(_device, c.Network, 2, c.Samples);
        Tensor images = _device.Upload(c.ImagesShape, Joined(c));
        Tensor tooLong = _device.Allocate(TensorShape.Vector(2, c.Network.ParameterCount + 1));

        var error = Assert.Throws<ArgumentException>(() => pass.Forward(tooLong, images));
        Assert.Contains($"[2, 1, {c.Network.ParameterCount}, 1, 1]", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _device.Dispose();

    private static float[] Joined(NetworkCase c) => NetworkCase.Joined(c.Images);

    private void Record(string name, Action body)
    {
        using IPlan plan = _device.Record(name, body);
        plan.Run();
    }
}
