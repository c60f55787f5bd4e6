using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The order of an image tensor's [N, C, H, W] elements in memory.</summary>
internal enum ImageLayout
{
    Contiguous,

    /// <summary>The channels of a pixel lie together, as in [N, H, W, C].</summary>
    ChannelsLast,
}

/// <summary>Layouts without memory formats, which TorchSharp 0.107 does not have.</summary>
internal static class Layouts
{
    /// <summary>The name of a variant in this layout.</summary>
    public static string Name(this ImageLayout layout) => layout == ImageLayout.ChannelsLast ? "channels-last" : "contiguous";

    /// <summary>
    /// The images [N, C, H, W] in this layout: copied, unless they have it. libtorch recognises channels-last by its strides, so a
    /// contiguous [N, H, W, C] seen with its axes permuted is in that layout, and so are the results of convolutions and pools of it.
    /// </summary>
    public static Tensor In(this Tensor images, ImageLayout layout)
        => layout == ImageLayout.ChannelsLast ? images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : images.contiguous();
}
