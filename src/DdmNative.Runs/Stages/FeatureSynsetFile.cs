using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Stages;

/// <summary>
/// <c>synset/feature.safetensors</c>: <c>features</c> [S, C, H, W], <c>labels</c> [S] and <c>groups</c> [S] int64, <c>counts</c> [S]: the
/// number of training images that each represents.
/// </summary>
internal static class FeatureSynsetFile
{
    public static void Write(string path, FeatureSynset synset)
    {
        ImageShape shape = synset.Features.Shape;
        int count = synset.Groups.Length;
        Safetensors.Write(path,
            [
                new NamedTensor("features", [count, shape.Channels, shape.Height, shape.Width], synset.Features.Values),
                new NamedTensor("counts", [count], synset.Counts),
            ],
            [
                new NamedIntegers("labels", [count], Array.ConvertAll(synset.Labels, label => (long)label)),
                new NamedIntegers("groups", [count], Array.ConvertAll(synset.Groups, group => (long)group)),
            ]);
    }

    /// <exception cref="BadInputException">A tensor is missing or of another shape.</exception>
    public static FeatureSynset Read(string path)
    {
        SafetensorsContents file = Safetensors.Read(path);
        NamedTensor features = file.Tensor("features", -1, -1, -1, -1);
        int count = features.Shape[0];
        return new FeatureSynset(
            new FrozenFeatures(new ImageShape(features.Shape[1], features.Shape[2], features.Shape[3]), count, features.Data),
            Array.ConvertAll(file.IntegerTensor("labels", count).Data, label => (int)label),
            Array.ConvertAll(file.IntegerTensor("groups", count).Data, group => (int)group),
            file.Tensor("counts", count).Data);
    }
}
