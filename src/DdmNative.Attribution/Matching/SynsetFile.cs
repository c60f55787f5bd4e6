using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Attribution.Matching;

/// <summary>
/// <c>synset.safetensors</c>: <c>images</c> [G·m, C, H, W] float32, normalised like the training images; <c>labels</c> [G·m, K] float32;
/// <c>groups</c> [G·m] int64.
/// </summary>
public static class SynsetFile
{
    /// <summary>Writes the file, completely or not at all.</summary>
    public static void Write(string path, Synset synset, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(synset);
        ImageShape image = synset.Image;
        Safetensors.Write(
            path,
            [
                new NamedTensor("images", [synset.Count, image.Channels, image.Height, image.Width], synset.Images),
                new NamedTensor("labels", [synset.Count, synset.Classes], synset.Labels),
            ],
            [new NamedIntegers("groups", [synset.Count], [.. synset.Groups.Select(group => (long)group)])],
            metadata);
    }

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="BadInputException">A tensor is missing or has another shape, or the groups are not sorted with the same number of
    /// images each.</exception>
    public static Synset Read(string path)
    {
        SafetensorsContents file = Safetensors.Read(path);
        NamedTensor images = file.Tensor("images", -1, -1, -1, -1);
        int count = images.Shape[0];
        NamedTensor labels = file.Tensor("labels", count, -1);
        NamedIntegers groups = file.IntegerTensor("groups", count);
        try
        {
            var shape = new ImageShape(images.Shape[1], images.Shape[2], images.Shape[3]);
            return new Synset(shape, labels.Shape[1], images.Data, labels.Data, [.. groups.Data.Select(group => checked((int)group))]);
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new BadInputException(path, "groups", e.Message, "groups sorted from 0, the same number of images each",
                "Distil the synset again.", e);
        }
    }
}
