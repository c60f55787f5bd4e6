using System.Text.Json.Nodes;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;

namespace DdmNative.SideBySide.Workloads;

/// <summary>What the rows have in common: 50 groups with one image each, ten classes, and the networks.</summary>
internal static class Setting
{
    public const int Groups = 50;
    public const int Depth = 3;

    private const int Classes = 10;

    /// <summary>The demo's network: the ConvNet for Fashion-MNIST.</summary>
    public static NetworkOptions Network(int width) => ConvNet(width, channels: 1, size: 28);

    public static NetworkOptions ConvNet(int width, int channels, int size)
        => NetworkOptions.ConvNet(new ImageShape(channels, size, size), Classes, width, Depth);

    /// <summary>The residual network of the attribution literature, for images of 32×32×3.</summary>
    public static NetworkOptions ResNet9(int width) => new("resnet9", width, Depth: 0, new ImageShape(3, 32, 32), Classes);

    /// <summary>A request to the workers for a network's work; the row adds its own numbers.</summary>
    public static JsonObject Request(string kind, NetworkOptions options, params ReadOnlySpan<(string Name, int Value)> numbers)
    {
        var request = new JsonObject
        {
            ["kind"] = kind, ["network"] = options.Architecture, ["channels"] = options.Input.Channels, ["size"] = options.Input.Height,
            ["width"] = options.Width, ["depth"] = options.Depth,
        };
        foreach ((string name, int value) in numbers)
            request[name] = value;
        return request;
    }

    /// <summary>A synset of unmatched images of a data set, one per group.</summary>
    public static Synset Synset(Dataset train)
    {
        int[] samples = [.. Enumerable.Range(0, Groups).Select(group => group * (train.Count / Groups))];
        return new SynsetStart(new ImageShape(train.Channels, train.Height, train.Width), train.Classes, train.Images,
            train.Labels).Nearest(samples, perGroup: 1);
    }
}
