namespace DdmNative.Attribution.Networks;

/// <summary>The options that determine a network's layers. Stored in <c>run.json</c>.</summary>
/// <param name="Architecture"><c>convnet</c>, <c>mlp</c> or <c>lenet</c>.</param>
/// <param name="Width">Channels of every block (convnet) or units of every hidden layer (mlp); LeNet has its classic widths and ignores
/// it.</param>
/// <param name="Depth">Blocks (convnet) or hidden layers (mlp); LeNet ignores it.</param>
/// <param name="Input">The shape of the images.</param>
/// <param name="Classes">K: the number of logits.</param>
public sealed record NetworkOptions(string Architecture, int Width, int Depth, ImageShape Input, int Classes)
{
    /// <summary>
    /// The network of the dataset-condensation literature: by default of width 128 and depth 3; depth 4 for 64×64 images.
    /// </summary>
    public static NetworkOptions ConvNet(ImageShape input, int classes, int width = 128, int depth = 3)
        => new(Networks.ConvNet.Name, width, depth, input, classes);
}
