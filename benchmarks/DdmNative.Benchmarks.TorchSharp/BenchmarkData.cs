using DdmNative.Attribution.Datasets;
using DdmNative.SideBySide;
using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>The images of the rows as tensors on the device.</summary>
internal sealed class BenchmarkData(Device device, FashionMnist fashion)
{
    public const int Classes = 10;

    public Device Device { get; } = device;

    /// <summary>Images [N, C, H, W] and labels [N]: Fashion-MNIST for 28×28×1, random ones of unit variance for other shapes.</summary>
    public (Tensor Images, Tensor Labels) Labelled(int channels, int size) => Tensors(fashion.Images(channels, size));

    /// <summary>As many of every class of Fashion-MNIST.</summary>
    public (Tensor Images, Tensor Labels) PerClass(int count) => Tensors(fashion.Train.PerClassSubset(count, seed: 1));

    /// <summary>Images for evaluation.</summary>
    public Tensor Test(int count, int channels, int size)
        => Tensors(fashion.TestImages(channels, size)).Images.narrow(0, 0, count).contiguous();

    /// <summary>Images of the groups [G, m, C, H, W], unmatched, and their label vectors [G, m, 10].</summary>
    public (Tensor Images, Tensor Labels) Synset(int groups, int images, int channels, int size)
    {
        (Tensor x, Tensor y) = Labelled(channels, size);
        Tensor chosen = randperm(x.shape[0], device: Device).narrow(0, 0, groups * images);
        return (x.index_select(0, chosen).view(groups, images, channels, size, size),
            OneHot(y.index_select(0, chosen)).view(groups, images, Classes));
    }

    public static Tensor OneHot(Tensor labels) => nn.functional.one_hot(labels, Classes).to(ScalarType.Float32);

    private (Tensor Images, Tensor Labels) Tensors(Dataset set)
        => (tensor(set.Images, [set.Count, set.Channels, set.Height, set.Width], device: Device),
            tensor([.. set.Labels.Select(label => (long)label)], device: Device));
}
