using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Online;

/// <summary>
/// Which images of a synset each step looks at: all of them where they are few; of many, a batch in seeded order, the same for all models.
/// A thousand groups' models that all looked at all groups' images
/// would take a million pairs a step, and what a batch leaves out cancels between a model and its control, which see the same batches.
/// </summary>
public sealed class SynsetBatches
{
    /// <summary>A synset of up to so many images is looked at as a whole.</summary>
    public const int LargestWhole = 256;

    /// <summary>The fewest images of a batch.</summary>
    private const int Fewest = 64;

    private const ulong Seed = 1;

    private readonly BatchOrder _order;

    /// <param name="images">M: images of the synset.</param>
    public SynsetBatches(int images)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        Images = images;
        _order = new BatchOrder(images, SizeFor(images), Seed);
        Size = _order.BatchSize;
    }

    /// <summary>M.</summary>
    public int Images { get; }

    /// <summary>B: images of a step.</summary>
    public int Size { get; }

    /// <summary>Whether every step looks at all images, in their order.</summary>
    public bool AreWhole => Size == Images;

    /// <summary>
    /// B for M images: the more images, the smaller the batch, so that a step's cost grows with the number of models alone.
    /// </summary>
    public static int SizeFor(int images) => images <= LargestWhole ? images : Math.Max(Fewest, LargestWhole * LargestWhole / images);

    /// <summary>
    /// The images of a step, and the factor by which their weights are larger, so that a batch stands for the whole synset.
    /// </summary>
    public (int[] Images, float Factor) Of(int step)
    {
        if (AreWhole)
            return ([.. Enumerable.Range(0, Images)], 1);
        int[] batch = [.. _order.Batch(step)];
        return (batch, (float)Images / batch.Length);
    }

    /// <summary>
    /// A step's part [R, B·L] of values [R, M·L] of all images: L numbers an image, times a factor; zeros behind a short batch.
    /// </summary>
    public float[] Pick(ReadOnlySpan<float> values, int rows, int length, ReadOnlySpan<int> images, float factor = 1)
    {
        var picked = new float[rows * Size * length];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < images.Length; i++)
            {
                ReadOnlySpan<float> from = values.Slice((row * Images + images[i]) * length, length);
                System.Numerics.Tensors.TensorPrimitives.Multiply(from, factor, picked.AsSpan((row * Size + i) * length, length));
            }
        }

        return picked;
    }
}
