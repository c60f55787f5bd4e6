namespace DdmNative.Attribution.Networks;

/// <summary>A setting of a network that does not fit its images.</summary>
/// <param name="Field"><c>architecture</c>, <c>width</c> or <c>depth</c>.</param>
/// <param name="Found">The setting.</param>
/// <param name="Expected">What would fit.</param>
/// <param name="Remedy">What to do.</param>
public sealed record NetworkFault(string Field, string Found, string Expected, string Remedy)
{
    /// <summary>The fault of images below <paramref name="smallest"/> pixels in height or width; null if they are large enough.</summary>
    internal static NetworkFault? OfSmallImages(NetworkOptions options, int smallest)
        => Math.Min(options.Input.Height, options.Input.Width) >= smallest
            ? null
            : new NetworkFault("architecture", $"{options.Architecture} for images of {options.Input}",
                $"images of at least {smallest}×{smallest} for {options.Architecture}, or another network, such as convnet or mlp",
                "Choose another network.");
}
