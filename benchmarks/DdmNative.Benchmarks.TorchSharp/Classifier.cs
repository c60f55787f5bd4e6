using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>A network's kind, its size, and the images it takes.</summary>
/// <param name="Kind">convnet or resnet9.</param>
/// <param name="Width">Channels of the first convolution.</param>
/// <param name="Depth">Blocks of a ConvNet; ignored by the other.</param>
/// <param name="Channels">Of an image.</param>
/// <param name="Size">Rows and columns of an image.</param>
internal readonly record struct NetworkShape(string Kind, int Width, int Depth, int Channels, int Size);

/// <summary>How instance norm is computed: <c>GroupNorm(C, C)</c> is the same function, and the faster one on a CPU.</summary>
internal enum NormModule
{
    Group,
    Instance,
}

/// <summary>The layouts inside a network.</summary>
internal enum NetworkLayout
{
    Contiguous,

    ChannelsLast,

    /// <summary>
    /// Convolutions and pools channels-last, norms contiguous. libtorch's instance norms are many times slower in channels-last, its pools
    /// several times faster. For a ConvNet only.
    /// </summary>
    Mixed,
}

/// <summary>A network from images to logits, in one of the layouts.</summary>
internal abstract class Classifier(string name, NetworkShape shape, NetworkLayout layout, Device device)
    : nn.Module<Tensor, Tensor>(name)
{
    public NetworkShape Shape { get; } = shape;

    public NetworkLayout Layout { get; } = layout;

    /// <summary>The layout of the filters, which the images should have too.</summary>
    public ImageLayout FilterLayout => Layout == NetworkLayout.Contiguous ? ImageLayout.Contiguous : ImageLayout.ChannelsLast;

    public Device Device { get; } = device;

    /// <summary>A network with PyTorch's initialisation.</summary>
    /// <exception cref="ArgumentException">There is no network of that kind.</exception>
    public static Classifier Create(NetworkShape shape, NetworkLayout layout, Device device, NormModule norm = NormModule.Group)
        => shape.Kind switch
        {
            ConvNet.Kind => new ConvNet(shape, norm, layout, device),
            ResNet9.Kind => new ResNet9(shape, layout, device),
            _ => throw new ArgumentException($"no network of kind '{shape.Kind}'"),
        };

    /// <summary>Another network with these parameters and buffers, in the same form.</summary>
    public Classifier Copy()
    {
        Classifier copy = CreateAnother();
        copy.train(training);
        using IDisposable untracked = no_grad();
        foreach ((Parameter to, Parameter from) in copy.parameters().Zip(parameters()))
            to.copy_(from);
        foreach ((Tensor to, Tensor from) in copy.buffers().Zip(buffers()))
            to.copy_(from);
        return copy;
    }

    /// <summary>What the head reads.</summary>
    public abstract Tensor ComputeFeatures(Tensor images);

    /// <summary>
    /// Logits [G, m, K] of images [G, m, C, H, W] in the evaluation form, each group with its own parameters [G, …], in the order of those
    /// of the network: as grouped convolutions of m images of G·C channels.
    /// </summary>
    public abstract Tensor ForwardGroups(IReadOnlyList<Tensor> parameters, Tensor images);

    /// <summary>A network of the same kind, size and layout.</summary>
    protected abstract Classifier CreateAnother();

    /// <summary>The convolution with its filters in the network's layout.</summary>
    protected Conv2d Arrange(Conv2d convolution)
    {
        convolution.weight = new Parameter(convolution.weight!.detach().In(FilterLayout));
        return convolution;
    }
}
