using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>
/// Single operations. A backward pass is timed without its forward pass: the graph of one forward pass is kept and reused.
/// </summary>
internal static class KernelWork
{
    public static IReadOnlyList<Variant> Convolution(Device device, string kind, int batch, int inputs, int outputs, int size,
        int kernelSize, int stride, bool hasBias)
    {
        return [InLayout(ImageLayout.Contiguous), InLayout(ImageLayout.ChannelsLast)];

        Variant InLayout(ImageLayout layout) => new(layout.Name(), () =>
        {
            Tensor x = randn(batch, inputs, size, size, device: device).In(layout),
                w = (randn(outputs, inputs, kernelSize, kernelSize, device: device) * 0.05).In(layout);
            Tensor? b = hasBias ? randn(outputs, device: device) : null;
            long[] padding = [kernelSize / 2, kernelSize / 2], strides = [stride, stride];
            if (kind == "conv-fwd")
            {
                return _ =>
                {
                    using IDisposable inference = inference_mode();
                    functional.conv2d(x, w, b, strides: strides, padding: padding).Dispose();
                };
            }
            Tensor[] wanted = kind == "conv-bwd-data" ? [x.requires_grad_()]
                : b is null ? [w.requires_grad_()] : [w.requires_grad_(), b.requires_grad_()];
            // The gradient of the result has the result's layout.
            Tensor y = functional.conv2d(x, w, b, strides: strides, padding: padding), delta = randn_like(y);
            return _ => Gradients(y, wanted, delta);
        });
    }

    public static IReadOnlyList<Variant> Gemm(Device device, int size) =>
    [
        .. Product(device, size),
        new("linear", () =>
        {
            (Tensor x, Tensor w, Tensor b) = Operands(device, size);
            return _ => functional.linear(x, w, b).Dispose();
        }),
        // Computed by oneDNN, not by MKL.
        new("convolution 1×1", () =>
        {
            (Tensor x, Tensor w, Tensor b) = Operands(device, size);
            (x, w) = (x.view(1, size, 1, size).permute(0, 3, 1, 2), w.view(size, size, 1, 1));
            return _ =>
            {
                using IDisposable inference = inference_mode();
                functional.conv2d(x, w, b).Dispose();
            };
        }),
    ];

    /// <summary>A product of two square matrices: the whole of the way back to the inputs, and forward without the bias.</summary>
    public static IReadOnlyList<Variant> Product(Device device, int size) =>
    [
        new("mm", () =>
        {
            (Tensor x, Tensor w, _) = Operands(device, size);
            return _ => mm(x, w).Dispose();
        }),
        new("addmm in place", () =>
        {
            (Tensor x, Tensor w, _) = Operands(device, size);
            Tensor y = empty(size, size, device: device);
            return _ => y.addmm_(x, w, beta: 0, alpha: 1);
        }),
    ];

    public static IReadOnlyList<Variant> GemmBackwardWeight(Device device, int size) =>
    [
        new("addmm in place", () =>
        {
            (Tensor delta, Tensor x, _) = Operands(device, size);
            (Tensor y, Tensor across) = (empty(size, size, device: device), delta.t());
            return _ =>
            {
                y.addmm_(across, x, beta: 0, alpha: 1);
                delta.sum(dim: 0).Dispose();
            };
        }),
    ];

    public static IReadOnlyList<Variant> InstanceNorm(Device device, int batch, int channels, int size)
    {
        return [Norm("group-norm", NormModule.Group, ImageLayout.Contiguous),
            Norm("instance-norm", NormModule.Instance, ImageLayout.Contiguous),
            Norm("group-norm, channels-last", NormModule.Group, ImageLayout.ChannelsLast)];

        Variant Norm(string name, NormModule norm, ImageLayout layout)
            => new(name, () => ForwardBackward(ConvNet.NormOf(norm, channels), device, layout, batch, channels, size));
    }

    public static IReadOnlyList<Variant> ReluAvgPool(Device device, int batch, int channels, int size)
    {
        return [InLayout(ImageLayout.Contiguous), InLayout(ImageLayout.ChannelsLast)];

        Variant InLayout(ImageLayout layout)
            => new(layout.Name(), () => ForwardBackward(Sequential(ReLU(), AvgPool2d(2)), device, layout, batch, channels, size));
    }

    /// <summary>The operation's output and the gradients of everything that has one.</summary>
    private static Work ForwardBackward(Module<Tensor, Tensor> module, Device device, ImageLayout layout, int batch, int channels, int size)
    {
        module.to(device);
        Tensor x = randn(batch, channels, size, size, device: device).In(layout).requires_grad_();
        Tensor[] wanted = [x, .. module.parameters()];
        Tensor delta = randn_like(module.forward(x));
        return _ =>
        {
            using DisposeScope scope = NewDisposeScope();
            autograd.grad([module.forward(x)], wanted, [delta]);
        };
    }

    /// <summary>Two square matrices and a vector.</summary>
    private static (Tensor X, Tensor W, Tensor B) Operands(Device device, int size)
        => (randn(size, size, device: device), randn(size, size, device: device), randn(size, device: device));

    private static void Gradients(Tensor y, Tensor[] wanted, Tensor delta)
    {
        using DisposeScope scope = NewDisposeScope();
        autograd.grad([y], wanted, [delta], retain_graph: true);
    }
}
