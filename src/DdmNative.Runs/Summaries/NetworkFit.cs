using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Summaries;

/// <summary>Checks whether a job's network fits the images; errors name the field that has to change.</summary>
internal static class NetworkFit
{
    /// <summary>What does not fit; null if everything fits.</summary>
    public static BadInputException? Fault(NetworkOptions options) => options.Architecture switch
    {
        ConvNet.Name when options.Depth > ConvNet.Deepest(options.Input) => TooDeep(options, ConvNet.Deepest(options.Input)),
        LeNet.Name when Math.Min(options.Input.Height, options.Input.Width) < LeNet.SmallestImage => BadInputException.OfJob(
            "network.architecture", $"lenet for images of {options.Input}",
                $"images of at least {LeNet.SmallestImage}×{LeNet.SmallestImage} for lenet, or convnet or mlp", "Choose another network."),
        _ => null,
    };

    private static BadInputException TooDeep(NetworkOptions options, int deepest) => deepest == 0
        ? BadInputException.OfJob("network.architecture", $"convnet for images of {options.Input}",
            "images of at least 2×2 for convnet, or mlp", "Choose another network.")
        : BadInputException.OfJob("network.depth", options.Depth.ToString(CultureInfo.InvariantCulture),
            $"1 to {deepest} for images of {options.Input}: every block of a convnet halves them", "Lower the depth.");
}
