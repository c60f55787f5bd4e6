namespace DdmNative.Attribution.Networks;

/// <summary>
/// AlexNet (Krizhevsky et al. 2012) as in the dataset-condensation literature: five convolutions with ReLU, three 2×2 maxima, a linear
/// head. <see cref="NetworkOptions.Width"/> are the channels of the first convolution, 128 there; the others follow it. As there, images of
/// one channel are padded by four pixels, others by two.
/// </summary>
internal static class AlexNet
{
    public const string Name = "alexnet";

    /// <summary>The minimum height and width of an image: three times halved.</summary>
    public const int SmallestImage = 8;

    internal static NetworkDescription Description { get; } = new(Name, Create)
    {
        StandardWidth = 128,
        Fault = options => options.Width % 2 != 0
            ? new NetworkFault("width", $"{options.Width}", "an even number for alexnet", "Raise it by one.")
            : NetworkFault.OfSmallImages(options, SmallestImage),
        Recognise = shapeOf => shapeOf("conv5.weight") is not null && shapeOf("conv1.weight") is [int width, ..]
            ? new NetworkForm(width)
            : null,
        Tensors = "conv1.weight … conv5.weight …",
        NameModules = kinds => kinds.Count == 6 && kinds[^1] == ModuleKind.Linear
            && kinds.SkipLast(1).All(kind => kind == ModuleKind.Convolution)
                ? ["conv1", "conv2", "conv3", "conv4", "conv5", "head"]
                : null,
        Modules = "five convolutions and one linear layer",
    };

    public static Network Create(NetworkOptions options)
    {
        (int width, int wide) = (options.Width, 3 * options.Width / 2);
        return new LayerStack(options.Input)
            .Block().Convolution("conv1", width, 5, options.Input.Channels == 1 ? 4 : 2).Activate(options.Activation).MaxPool(2, 2)
            .Block().Convolution("conv2", wide, 5, 2).Activate(options.Activation).MaxPool(2, 2)
            .Block().Convolution("conv3", 2 * width, 3, 1).Activate(options.Activation)
            .Block().Convolution("conv4", wide, 3, 1).Activate(options.Activation)
            .Block().Convolution("conv5", wide, 3, 1).Activate(options.Activation).MaxPool(2, 2)
            .Head(options);
    }
}
