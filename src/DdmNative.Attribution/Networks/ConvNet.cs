namespace DdmNative.Attribution.Networks;

/// <summary>
/// The ConvNet of the dataset-condensation literature (Zhao et al. 2021): <c>depth</c> blocks of 3×3 convolution, instance norm, ReLU and 2×2 average
/// pooling, then a linear head.
/// </summary>
internal static class ConvNet
{
    public const string Name = "convnet";

    /// <summary>The maximum number of blocks for images of a shape.</summary>
    public static int Deepest(ImageShape input) => int.Log2(Math.Min(input.Height, input.Width));

    public static Network Create(NetworkOptions options)
    {
        if (options.Width < 1 || options.Depth < 1)
            throw new ArgumentException($"A ConvNet of width {options.Width} and depth {options.Depth} does not exist; both must be at least 1.", nameof(options));
        int deepest = Deepest(options.Input);
        if (options.Depth > deepest)
        {
            throw new ArgumentException(
                $"A ConvNet of depth {options.Depth} halves its images {options.Depth} times; images of {options.Input} allow at most {deepest}. Lower the depth.", nameof(options));
        }

        var stack = new LayerStack(options.Input);
        for (int i = 0; i < options.Depth; i++)
            stack.Block().Convolution($"blocks.{i}.conv", options.Width, 3, 1).InstanceNorm($"blocks.{i}.norm").ReluAvgPool(2);
        return stack.Head(options);
    }
}
