using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>
/// Single operations. A backward pass is timed without its forward pass: the graph of one forward pass is kept and reused.
/// </summary>
internal static class KernelWork
{
    public static IReadOnlyList<Variant> Convolution(Device device, string kind, int batch, int inputs, int outputs, int size) =>
    [
        new("contiguous", () =>
        {
            Tensor x = randn(batch, inputs, size, size, device: device), w = randn(outputs, inputs, 3, 3, device: device) * 0.05,
                b = randn(outputs, device: device);
            if (kind == "conv-fwd")
            {
                return _ =>
                {
                    using IDisposable untracked = no_grad();
                    functional.conv2d(x, w, b, padding: [1, 1]).Dispose();
                };
            }
            Tensor[] wanted = kind == "conv-bwd-data" ? [x.requires_grad_()] : [w.requires_grad_(), b.requires_grad_()];
            Tensor y = functional.conv2d(x, w, b, padding: [1, 1]), delta = randn_like(y);
            return _ => Gradients(y, wanted, delta);
        }),
    ];

    public static IReadOnlyList<Variant> Gemm(Device device, int size) =>
    [
        new("mm", () =>
        {
            Tensor x = randn(size, size, device: device), w = randn(size, size, device: device);
            return _ => mm(x, w).Dispose();
        }),
        new("linear", () =>
        {
            Tensor x = randn(size, size, device: device), w = randn(size, size, device: device), b = randn(size, device: device);
            return _ => functional.linear(x, w, b).Dispose();
        }),
    ];

    public static IReadOnlyList<Variant> InstanceNorm(Device device, int batch, int channels, int size) =>
    [
        new("group-norm", () => ForwardBackward(ConvNet.NormOf(NormModule.Group, channels), device, batch, channels, size)),
        new("instance-norm", () => ForwardBackward(ConvNet.NormOf(NormModule.Instance, channels), device, batch, channels, size)),
    ];

    public static IReadOnlyList<Variant> ReluAvgPool(Device device, int batch, int channels, int size) =>
        [new("contiguous", () => ForwardBackward(Sequential(ReLU(), AvgPool2d(2)), device, batch, channels, size))];

    /// <summary>The operation's output and the gradients of everything that has one.</summary>
    private static Work ForwardBackward(Module<Tensor, Tensor> module, Device device, int batch, int channels, int size)
    {
        module.to(device);
        Tensor x = randn(batch, channels, size, size, device: device).requires_grad_();
        Tensor[] wanted = [x, .. module.parameters()];
        Tensor delta = randn_like(module.forward(x));
        return _ =>
        {
            using DisposeScope scope = NewDisposeScope();
            autograd.grad([module.forward(x)], wanted, [delta]);
        };
    }

    private static void Gradients(Tensor y, Tensor[] wanted, Tensor delta)
    {
        using DisposeScope scope = NewDisposeScope();
        autograd.grad([y], wanted, [delta], retain_graph: true);
    }
}
