namespace DdmNative.Attribution.Networks;

/// <summary>
/// VGG-11 (Simonyan and Zisserman 2015) as in the dataset-condensation literature: eight 3×3 convolutions with instance norm and ReLU, five
/// 2×2 maxima, a linear head. <see cref="NetworkOptions.Width"/> are the channels of the first convolution, 64 there; the others follow
/// it.
/// </summary>
internal static class Vgg11
{
    public const string Name = "vgg11";

    /// <summary>The minimum height and width of an image: five times halved.</summary>
    public const int SmallestImage = 32;

    /// <summary>Channels of the convolutions in multiples of the width, and whether a pool follows.</summary>
    private static readonly (int Multiple, bool IsPooled)[] Layers =
        [(1, true), (2, true), (4, false), (4, true), (8, false), (8, true), (8, false), (8, true)];

    internal static NetworkDescription Description { get; } = new(Name, Create)
    {
        StandardWidth = 64,
        StandardNorm = NormKind.Instance,
        Fault = options => NetworkFault.OfSmallImages(options, SmallestImage),
        Recognise = shapeOf => shapeOf("layers.7.norm.weight") is not null && shapeOf("layers.0.conv.weight") is [int width, ..]
            ? new NetworkForm(width)
            : null,
        Tensors = "layers.0.conv.weight …",
        NameModules = kinds => kinds.Count == 2 * Layers.Length + 1 && NetworkDescription.AreNormedConvolutions(kinds, ModuleKind.Norm)
                ? [.. Layers.SelectMany((_, i) => (string[])[$"layers.{i}.conv", $"layers.{i}.norm"]), "head"]
                : null,
        Modules = "eight convolutions, each with a norm, and one linear layer",
    };

    public static Network Create(NetworkOptions options)
    {
        var network = new LayerStack(options.Input);
        for (int i = 0; i < Layers.Length; i++)
        {
            network.Block().Convolution($"layers.{i}.conv", Layers[i].Multiple * options.Width, 3, 1)
                .Norm($"layers.{i}.norm", options.Norm ?? NormKind.Instance).Activate(options.Activation);
            if (Layers[i].IsPooled)
                network.MaxPool(2, 2);
        }
        return network.Head(options);
    }
}
