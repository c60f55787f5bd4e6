using DdmNative.Attribution.Networks;
using DdmNative.Compute;

namespace DdmNative.Attribution.Matching;

/// <summary>
/// The synthetic images that represent the training set: m per group, sorted by group, each with a label vector, which may be one-hot,
/// soft, or not a probability vector at all.
/// </summary>
public sealed class Synset
{
    /// <param name="image">The shape of one image.</param>
    /// <param name="classes">K, the length of a label vector.</param>
    /// <param name="images">[G·m, C, H, W], row-major, normalised like the training images.</param>
    /// <param name="labels">[G·m, K], row-major.</param>
    /// <param name="groups">[G·m]: m times 0, m times 1, …</param>
    /// <exception cref="ArgumentException">The lengths disagree, or the groups are not sorted with the same number of images
    /// each.</exception>
    public Synset(ImageShape image, int classes, float[] images, float[] labels, int[] groups)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.Length == 0)
            throw new ArgumentException("A synset needs at least one image.", nameof(groups));
        (Image, Classes, Images, Labels, Groups) = (image, classes, images, labels, groups);
        ImageLength = image.Length;
        if (images.Length != groups.Length * ImageLength)
            throw new ArgumentException(
                $"{groups.Length} images of {ImageLength} values need {groups.Length * ImageLength} values; {images.Length} were given.",
                nameof(images));
        if (labels.Length != groups.Length * classes)
            throw new ArgumentException(
                $"{groups.Length} label vectors of {classes} classes need {groups.Length * classes} values; {labels.Length} were given.",
                nameof(labels));
        GroupCount = groups[^1] + 1;
        PerGroup = GroupCount > 0 ? groups.Length / GroupCount : 0;
        for (int i = 0; i < groups.Length; i++)
        {
            if (PerGroup == 0 || groups[i] != i / PerGroup)
                throw new ArgumentException(
                    $"Image {i} belongs to group {groups[i]}; expected the same number of images for each group, sorted by group from 0.",
                    nameof(groups));
        }
    }

    public ImageShape Image { get; }

    /// <summary>K.</summary>
    public int Classes { get; }

    /// <summary>[G·m, C, H, W].</summary>
    public float[] Images { get; }

    /// <summary>[G·m, K].</summary>
    public float[] Labels { get; }

    /// <summary>[G·m].</summary>
    public int[] Groups { get; }

    /// <summary>G·m.</summary>
    public int Count => Groups.Length;

    /// <summary>G.</summary>
    public int GroupCount { get; }

    /// <summary>m.</summary>
    public int PerGroup { get; }

    /// <summary>C·H·W.</summary>
    public int ImageLength { get; }

    /// <summary>The shape of the images if all members share them, [1, G·m, C, H, W].</summary>
    public TensorShape SharedShape => new(1, Count, Image.Channels, Image.Height, Image.Width);

    /// <summary>Whether some label vector has a single one and zeros elsewhere.</summary>
    public bool HasHardLabels
    {
        get
        {
            for (int i = 0; i < Count; i++)
            {
                ReadOnlySpan<float> label = Labels.AsSpan(i * Classes, Classes);
                if (label.Count(1.0f) == 1 && label.Count(0.0f) == Classes - 1)
                    return true;
            }
            return false;
        }
    }

    /// <summary>The same images with other label vectors [G·m, K].</summary>
    public Synset WithLabels(float[] labels) => new(Image, Classes, Images, labels, Groups);

    /// <summary>G groups of m images: 0, 0, …, 1, 1, …</summary>
    public static int[] GroupsOf(int groupCount, int perGroup)
    {
        var groups = new int[groupCount * perGroup];
        for (int i = 0; i < groups.Length; i++)
            groups[i] = i / perGroup;
        return groups;
    }
}
