namespace DdmNative.Attribution.Networks;

/// <summary>
/// LeNet-5 (LeCun et al. 1998) as commonly taught today: 5×5 convolutions to 6 and 16 channels, each with ReLU and 2×2 average pooling,
/// linear layers of 120 and 84 units with ReLU, a linear head. The widths are the classic ones: <see cref="NetworkOptions.Width"/> and
/// <see cref="NetworkOptions.Depth"/> are ignored.
/// </summary>
internal static class LeNet
{
    public const string Name = "lenet";

    internal static NetworkDescription Description { get; } = new(Name, Create)
    {
        Fault = options => NetworkFault.OfSmallImages(options, SmallestImage),
        Recognise = shapeOf => shapeOf("conv1.weight") is not null && shapeOf("fc1.weight") is not null ? new NetworkForm() : null,
        Tensors = "conv1.weight …",
        NameModules = kinds => kinds is [ModuleKind.Convolution, ModuleKind.Convolution, ModuleKind.Linear, ModuleKind.Linear,
        ModuleKind.Linear]
            ? ["conv1", "conv2", "fc1", "fc2", "head"]
            : null,
        Modules = "two convolutions and three linear layers",
    };

    /// <summary>The minimum height and width of an image.</summary>
    public const int SmallestImage = 12;

    public static Network Create(NetworkOptions options)
    {
        if (Math.Min(options.Input.Height, options.Input.Width) < SmallestImage)
            throw new ArgumentException($"LeNet needs images of at least {SmallestImage}×{SmallestImage}; these are {options.Input}.",
                nameof(options));
        return new LayerStack(options.Input)
            .Block().Convolution("conv1", 6, 5, 2).ActivateAndAvgPool(options.Activation, 2)
            .Block().Convolution("conv2", 16, 5, 0).ActivateAndAvgPool(options.Activation, 2)
            .Block().Flatten().Linear("fc1", 120).Activate(options.Activation)
            .Block().Linear("fc2", 84).Activate(options.Activation)
            .Head(options);
    }
}
