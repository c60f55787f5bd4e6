namespace DdmNative.Attribution.Networks;

/// <summary>
/// ResNet-18 (He et al. 2016) with torchvision's names and initialisation. <see cref="NetworkOptions.Width"/> are the channels of the first
/// stage, 64 in the paper; every later stage has twice as many and half the resolution.
/// </summary>
/// <remarks>
/// <c>resnet18</c> has the stem for small images, one 3×3 convolution of stride 1; <c>resnet18-imagenet</c> has that of the paper, a 7×7
/// convolution of stride 2 and a 3×3 maximum of stride 2.
/// </remarks>
internal static class ResNet18
{
    public const string Name = "resnet18";

    public static Network Create(NetworkOptions options)
        => Create(options, stem => stem.Convolution("conv1", options.Width, 3, 1, hasBias: false, initial: Initial(options.Width, 3))
            .Norm("bn1", NormOf(options)).Activate(options.Activation));

    internal static NetworkDescription Description { get; } = Describe(Name, Create, stemSize: 3) with
    {
        Modules = "as in torchvision, with a first convolution of 3×3",
    };

    /// <summary>Creates the network above a stem.</summary>
    internal static Network Create(NetworkOptions options, Action<LayerStack> addStem)
    {
        var network = new LayerStack(options.Input).Block();
        addStem(network);
        for (int stage = 1, channels = options.Width; stage <= 4; stage++, channels *= 2)
        {
            AddBlock(network.Block(), $"layer{stage}.0", channels, stride: stage == 1 ? 1 : 2, options);
            AddBlock(network.Block(), $"layer{stage}.1", channels, stride: 1, options);
        }
        return network.GlobalAvgPool().Head(options);
    }

    /// <summary>The description of a network with a first convolution of the given size.</summary>
    internal static NetworkDescription Describe(string name, Func<NetworkOptions, Network> create, int stemSize) => new(name, create)
    {
        StandardWidth = 64,
        StandardNorm = NormKind.Batch,
        Recognise = shapeOf => shapeOf("conv1.weight") is [int width, _, int size, _] && size == stemSize
            && shapeOf("layer4.1.conv2.weight") is not null
                ? new NetworkForm(width)
                : null,
        Tensors = $"conv1.weight of {stemSize}×{stemSize}, layer1.0.conv1.weight …",
        NameModules = _ => null,
        RenameModule = module => module is "fc" or "linear"
        ? "head" : module.Replace(".shortcut.", ".downsample.", StringComparison.Ordinal),
        Modules = "as in torchvision",
    };

    /// <summary>Batch norm, or another that is requested.</summary>
    internal static NormKind NormOf(NetworkOptions options) => options.Norm ?? NormKind.Batch;

    /// <summary>torchvision's initial values of a convolution to so many channels.</summary>
    internal static InitialRange Initial(int outputChannels, int kernelSize)
        => InitialRange.ForFanOut(outputChannels * kernelSize * kernelSize);

    /// <summary>Two 3×3 convolutions with batch norm, and a shortcut that is the identity or a 1×1 convolution.</summary>
    private static void AddBlock(LayerStack network, string name, int channels, int stride, NetworkOptions options)
    {
        bool isIdentity = stride == 1 && network.Output.Channels == channels;
        network.Residual(
            body => body
                .Convolution($"{name}.conv1", channels, 3, 1, stride, hasBias: false, Initial(channels, 3))
                .Norm($"{name}.bn1", NormOf(options)).Activate(options.Activation)
                .Convolution($"{name}.conv2", channels, 3, 1, hasBias: false, initial: Initial(channels, 3))
                .Norm($"{name}.bn2", NormOf(options)),
            isIdentity ? null : shortcut => shortcut
                .Convolution($"{name}.downsample.0", channels, 1, 0, stride, hasBias: false, Initial(channels, 1))
                .Norm($"{name}.downsample.1", NormOf(options)))
            .Activate(options.Activation);
    }
}
