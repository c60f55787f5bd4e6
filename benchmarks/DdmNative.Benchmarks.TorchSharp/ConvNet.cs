using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The ConvNet: depth × (convolution 3×3, instance norm, ReLU, average pool 2×2), then a linear layer.</summary>
internal sealed class ConvNet : Classifier
{
    public const string Kind = "convnet";

    private readonly NormModule _norm;

    public ConvNet(NetworkShape shape, NormModule norm, NetworkLayout layout, Device device)
        : base(nameof(ConvNet), shape, layout, device)
    {
        _norm = norm;
        var layers = new List<nn.Module<Tensor, Tensor>>();
        for (int block = 0; block < shape.Depth; block++)
        {
            layers.Add(Arrange(nn.Conv2d(block == 0 ? shape.Channels : shape.Width, shape.Width, 3, padding: 1)));
            if (layout == NetworkLayout.Mixed)
                layers.Add(new LayoutChange(ImageLayout.Contiguous));
            layers.Add(NormOf(norm, shape.Width));
            layers.Add(nn.ReLU(inplace: true));
            if (layout == NetworkLayout.Mixed)
                layers.Add(new LayoutChange(ImageLayout.ChannelsLast));
            layers.Add(nn.AvgPool2d(2));
        }
        layers.Add(nn.Flatten());
        int side = shape.Size >> shape.Depth;
        Features = nn.Sequential([.. layers]);
        Head = nn.Linear(shape.Width * side * side, BenchmarkData.Classes);
        RegisterComponents();
        this.to(device);
    }

    /// <summary>All but the linear layer.</summary>
    public Sequential Features { get; }

    public Linear Head { get; }

    /// <summary>The module with γ = 1 and β = 0, which TorchSharp 0.107's GroupNorm leaves uninitialised.</summary>
    public static nn.Module<Tensor, Tensor> NormOf(NormModule norm, long channels)
    {
        nn.Module<Tensor, Tensor> made = norm == NormModule.Group
            ? nn.GroupNorm(channels, channels) : nn.InstanceNorm2d(channels, affine: true);
        using IDisposable untracked = no_grad();
        foreach ((string name, Parameter parameter) in made.named_parameters())
            parameter.fill_(name == "weight" ? 1 : 0);
        return made;
    }

    public override Tensor forward(Tensor input) => Head.forward(ComputeFeatures(input));

    public override Tensor ComputeFeatures(Tensor images) => Features.forward(images);

    public override Tensor ForwardGroups(IReadOnlyList<Tensor> parameters, Tensor images)
    {
        long groups = images.shape[0];
        Tensor x = images.transpose(0, 1).flatten(1, 2);
        for (int block = 0; block < Shape.Depth; block++)
        {
            Tensor Merged(int which) => parameters[4 * block + which].flatten(0, 1);
            x = nn.functional.conv2d(x, Merged(0), Merged(1), padding: [1, 1], groups: groups);
            x = nn.functional.group_norm(x, x.shape[1], Merged(2), Merged(3));
            x = nn.functional.avg_pool2d(nn.functional.relu(x, inplace: true), 2);
        }
        Tensor features = x.unflatten(1, groups, Shape.Width).flatten(2).transpose(0, 1);
        return features.bmm(parameters[^2].transpose(1, 2)) + parameters[^1].unsqueeze(1);
    }

    protected override Classifier CreateAnother() => new ConvNet(Shape, _norm, Layout, Device);
}
