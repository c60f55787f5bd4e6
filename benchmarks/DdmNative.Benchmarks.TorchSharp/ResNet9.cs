using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>
/// The ResNet-9 of FFCV's CIFAR-10 example and of TRAK: convolutions without bias with batch norm and ReLU, two residual stages, a global
/// maximum, 0.2 times a linear layer without bias.
/// </summary>
internal sealed class ResNet9 : Classifier
{
    public const string Kind = "resnet9";
    private const double LogitScale = 0.2, Epsilon = 1e-5;

    /// <summary>Convolution and norm of each stage.</summary>
    private readonly (Conv2d Convolution, BatchNorm2d Norm)[] _modules;

    private readonly Stage[] _stages;
    private readonly Linear _head;

    public ResNet9(NetworkShape shape, NetworkLayout layout, Device device)
        : base(nameof(ResNet9), shape, layout, device)
    {
        int width = shape.Width;
        _stages =
        [
            new(shape.Channels, width), new(width, 2 * width, KernelSize: 5, Stride: 2, Padding: 2), new(2 * width, 2 * width),
            new(2 * width, 2 * width), new(2 * width, 4 * width), new(4 * width, 4 * width), new(4 * width, 4 * width),
            new(4 * width, 2 * width, Padding: 0),
        ];
        _modules = [.. _stages.Select(stage => (Arrange(nn.Conv2d(stage.Inputs, stage.Outputs, stage.KernelSize, stage.Stride,
            stage.Padding, bias: false)), nn.BatchNorm2d(stage.Outputs, Epsilon)))];
        _head = nn.Linear(2 * width, BenchmarkData.Classes, hasBias: false);
        for (int i = 0; i < _modules.Length; i++)
        {
            register_module($"convolution{i}", _modules[i].Convolution);
            register_module($"norm{i}", _modules[i].Norm);
        }
        register_module("head", _head);
        this.to(device);
    }

    public override Tensor forward(Tensor input) => LogitScale * _head.forward(ComputeFeatures(input));

    public override Tensor ComputeFeatures(Tensor images)
        => Connect(images, (stage, x) => nn.functional.relu(_modules[stage].Norm.forward(_modules[stage].Convolution.forward(x)),
            inplace: true));

    /// <inheritdoc/>
    /// <remarks>By constant statistics, batch norm is a product and a sum, whose double backward is faster than that of the norm.</remarks>
    public override Tensor ForwardGroups(IReadOnlyList<Tensor> parameters, Tensor images)
    {
        long groups = images.shape[0];
        Tensor features = Connect(images.transpose(0, 1).flatten(1, 2), (i, x) =>
        {
            Tensor Merged(int which) => parameters[3 * i + which].flatten(0, 1);
            Tensor Repeated(Tensor statistics) => statistics.repeat(groups);
            Stage stage = _stages[i];
            BatchNorm2d norm = _modules[i].Norm;
            Tensor scale = Merged(1) * (Repeated(norm.running_var!) + Epsilon).rsqrt();
            Tensor shift = Merged(2) - Repeated(norm.running_mean!) * scale;
            Tensor y = nn.functional.conv2d(x, Merged(0), null, [stage.Stride, stage.Stride], [stage.Padding, stage.Padding],
                groups: groups);
            return nn.functional.relu(y * scale.view(-1, 1, 1) + shift.view(-1, 1, 1), inplace: true);
        });
        return LogitScale * features.unflatten(1, groups, _stages[^1].Outputs).transpose(0, 1).bmm(parameters[^1].transpose(1, 2));
    }

    protected override Classifier CreateAnother() => new ResNet9(Shape, Layout, Device);

    /// <summary>The stages' connections: from images to the maxima over all pixels [N, C].</summary>
    private static Tensor Connect(Tensor images, Func<int, Tensor, Tensor> apply)
    {
        Tensor x = apply(1, apply(0, images));
        x = nn.functional.max_pool2d(apply(4, x + apply(3, apply(2, x))), 2);
        x = apply(7, x + apply(6, apply(5, x)));
        return x.amax([2, 3]);
    }

    /// <summary>A convolution with batch norm and ReLU.</summary>
    private readonly record struct Stage(int Inputs, int Outputs, int KernelSize = 3, int Stride = 1, int Padding = 1);
}
