using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>Width and depth of a ConvNet, and the images it takes.</summary>
internal readonly record struct NetworkShape(int Width, int Depth, int Channels, int Size);

/// <summary>How instance norm is computed: <c>GroupNorm(C, C)</c> is the same function, and the faster one on a CPU.</summary>
internal enum NormModule
{
    Group,
    Instance,
}

/// <summary>The layouts inside a ConvNet.</summary>
internal enum NetworkLayout
{
    Contiguous,

    ChannelsLast,

    /// <summary>
    /// Convolutions and pools channels-last, norms contiguous. libtorch's norms are many times slower in channels-last, its pools several
    /// times faster.
    /// </summary>
    Mixed,
}

/// <summary>The ConvNet: depth × (convolution 3×3, instance norm, ReLU, average pool 2×2), then a linear layer.</summary>
internal sealed class ConvNet : nn.Module<Tensor, Tensor>
{
    public ConvNet(NetworkShape shape, NormModule norm, NetworkLayout layout, Device device)
        : base(nameof(ConvNet))
    {
        (Shape, Norm, Layout, Device) = (shape, norm, layout, device);
        var layers = new List<nn.Module<Tensor, Tensor>>();
        for (int block = 0; block < shape.Depth; block++)
        {
            Conv2d convolution = nn.Conv2d(block == 0 ? shape.Channels : shape.Width, shape.Width, 3, padding: 1);
            convolution.weight = new Parameter(convolution.weight!.detach().In(FilterLayout));
            layers.Add(convolution);
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

    public NetworkShape Shape { get; }

    public NormModule Norm { get; }

    public NetworkLayout Layout { get; }

    /// <summary>The layout of the filters, which the images should have too.</summary>
    public ImageLayout FilterLayout => Layout == NetworkLayout.Contiguous ? ImageLayout.Contiguous : ImageLayout.ChannelsLast;

    public Device Device { get; }

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

    /// <summary>Another network with these parameters.</summary>
    public ConvNet Copy()
    {
        var copy = new ConvNet(Shape, Norm, Layout, Device);
        using IDisposable untracked = no_grad();
        foreach ((Parameter to, Parameter from) in copy.parameters().Zip(parameters()))
            to.copy_(from);
        return copy;
    }

    public override Tensor forward(Tensor input) => Head.forward(Features.forward(input));
}
