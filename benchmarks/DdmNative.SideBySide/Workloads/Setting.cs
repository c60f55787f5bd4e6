using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;

namespace DdmNative.SideBySide.Workloads;

/// <summary>The demo's setting: 28×28×1, depth 3, 50 groups with one image each.</summary>
internal static class Setting
{
    public const int Groups = 50;
    public const int Depth = 3;

    public static NetworkOptions Network(int width) => NetworkOptions.ConvNet(new ImageShape(1, 28, 28), classes: 10, width, Depth);

    /// <summary>A synset of unmatched real images, one per group.</summary>
    public static Synset Synset(Dataset train)
    {
        int[] samples = [.. Enumerable.Range(0, Groups).Select(group => group * (train.Count / Groups))];
        return new SynsetStart(new ImageShape(train.Channels, train.Height, train.Width), train.Classes, train.Images,
            train.Labels).Nearest(samples, perGroup: 1);
    }
}
