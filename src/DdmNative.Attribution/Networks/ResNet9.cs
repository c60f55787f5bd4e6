namespace DdmNative.Attribution.Networks;

/// <summary>
/// The ResNet-9 of the attribution literature's CIFAR-10 experiments (FFCV's example; Park et al., "TRAK", ICML 2023): convolutions without
/// bias with batch norm (or another) and ReLU, two residual stages, a global maximum, a head without bias whose logits are multiplied by
/// 0.2. <see cref="NetworkOptions.Width"/> are the channels of the first convolution, 64 in the literature; the others follow it.
/// </summary>
internal static class ResNet9
{
    public const string Name = "resnet9";

    /// <summary>The minimum height and width of an image: the last convolution needs 3×3 pixels.</summary>
    public const int SmallestImage = 11;

    /// <summary>Stages in order, and whether they are residual; module names as far as the tensors go.</summary>
    private static readonly string[] Modules =
        ["stages.0", "stages.1", "stages.2.0", "stages.2.1", "stages.3", "stages.4.0", "stages.4.1", "stages.5"];

    internal static NetworkDescription Description { get; } = new(Name, Create)
    {
        StandardWidth = 64,
        StandardNorm = NormKind.Batch,
        Fault = options => NetworkFault.OfSmallImages(options, SmallestImage),
        Recognise = shapeOf => shapeOf("stages.5.norm.weight") is not null && shapeOf("stages.0.conv.weight") is [int width, ..]
            ? new NetworkForm(width)
            : null,
        Tensors = "stages.0.conv.weight …",
        NameModules = kinds => kinds.Count == 2 * Modules.Length + 1
            && NetworkDescription.AreNormedConvolutions(kinds, ModuleKind.BatchNorm)
                ? [.. Modules.SelectMany(module => (string[])[$"{module}.conv", $"{module}.norm"]), "head"]
                : null,
        Modules = "eight convolutions, each with batch norm, and one linear layer",
    };

    public static Network Create(NetworkOptions options)
    {
        int width = options.Width;
        void Add(LayerStack stack, string name, int channels, int kernelSize = 3, int padding = 1, int stride = 1)
            => stack.Convolution($"{name}.conv", channels, kernelSize, padding, stride, hasBias: false)
                .Norm($"{name}.norm", options.Norm ?? NormKind.Batch).Activate(options.Activation);

        var network = new LayerStack(options.Input);
        Add(network.Block(), "stages.0", width);
        Add(network.Block(), "stages.1", 2 * width, kernelSize: 5, padding: 2, stride: 2);
        network.Block().Residual(body =>
        {
            Add(body, "stages.2.0", 2 * width);
            Add(body, "stages.2.1", 2 * width);
        });
        Add(network.Block(), "stages.3", 4 * width);
        network.MaxPool(2, 2);
        network.Block().Residual(body =>
        {
            Add(body, "stages.4.0", 4 * width);
            Add(body, "stages.4.1", 4 * width);
        });
        Add(network.Block(), "stages.5", 2 * width, padding: 0);
        return network.GlobalMaxPool().Head(options, hasBias: false, factor: 0.2f);
    }
}
