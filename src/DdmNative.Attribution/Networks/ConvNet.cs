using System.Globalization;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// The ConvNet of the dataset-condensation literature (Zhao et al. 2021): <c>depth</c> blocks of 3×3 convolution, instance norm, ReLU and
/// 2×2 average pooling, then a linear head.
/// </summary>
internal static class ConvNet
{
    public const string Name = "convnet";

    internal static NetworkDescription Description { get; } = new(Name, Create)
    {
        StandardWidth = 32,
        StandardDepth = 3,
        StandardNorm = NormKind.Instance,
        Fault = Fault,
        Recognise = shapeOf => shapeOf("blocks.0.conv.weight") is [int filters, ..]
            ? new NetworkForm(filters, NetworkDescription.Count(shapeOf, "blocks.", ".conv.weight"))
            : null,
        Tensors = "blocks.0.conv.weight …",
        NameModules = NameModules,
        Modules = "convolution and norm in turn, then one linear layer",
    };

    /// <summary>The maximum number of blocks for images of a shape.</summary>
    public static int Deepest(ImageShape input) => int.Log2(Math.Min(input.Height, input.Width));

    public static Network Create(NetworkOptions options)
    {
        if (options.Width < 1 || options.Depth < 1)
            throw new ArgumentException(
                $"A ConvNet of width {options.Width} and depth {options.Depth} does not exist; both must be at least 1.", nameof(options));
        int deepest = Deepest(options.Input);
        if (options.Depth > deepest)
        {
            throw new ArgumentException(
                $"A ConvNet of depth {options.Depth} halves its images {options.Depth} times; images of {options.Input} allow at most "
                + $"{deepest}. Lower the depth.", nameof(options));
        }

        var stack = new LayerStack(options.Input);
        for (int i = 0; i < options.Depth; i++)
            stack.Block().Convolution($"blocks.{i}.conv", options.Width, 3, 1).Norm($"blocks.{i}.norm", options.Norm ?? NormKind.Instance)
                .ActivateAndAvgPool(options.Activation, 2);
        return stack.Head(options);
    }

    private static NetworkFault? Fault(NetworkOptions options)
    {
        int deepest = Deepest(options.Input);
        if (options.Depth <= deepest)
            return null;
        return deepest == 0
            ? new NetworkFault("architecture", $"convnet for images of {options.Input}", "images of at least 2×2 for convnet, or mlp",
                "Choose another network.")
            : new NetworkFault("depth", options.Depth.ToString(CultureInfo.InvariantCulture),
                $"1 to {deepest} for images of {options.Input}: every block of a convnet halves them", "Lower the depth.");
    }

    /// <summary>More blocks than halve images of 128×128 are those of another network, <see cref="Vgg11"/>.</summary>
    private const int MostBlocks = 7;

    private static string[]? NameModules(IReadOnlyList<ModuleKind> kinds)
        => kinds.Count <= 2 * MostBlocks + 1
            && (NetworkDescription.AreNormedConvolutions(kinds, ModuleKind.Norm)
                || NetworkDescription.AreNormedConvolutions(kinds, ModuleKind.BatchNorm))
            ? [.. kinds.Select((_, i) => i == kinds.Count - 1 ? "head" : $"blocks.{i / 2}.{(i % 2 == 0 ? "conv" : "norm")}")]
            : null;
}
