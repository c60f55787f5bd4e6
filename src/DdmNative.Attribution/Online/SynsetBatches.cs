using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Online;

/// <summary>
/// The images of a synset that each step uses: all of them if they are few, otherwise a batch in seeded order, the same for all models.
/// With a thousand groups, models that use all groups' images would need a million pairs per step; and the error of a batch cancels between
/// a model and its control, which use the same batches.
/// </summary>
public sealed class SynsetBatches
{
    /// <summary>The largest synset that every step uses completely.</summary>
    public const int LargestWhole = 256;

    /// <summary>The minimum number of images per batch.</summary>
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

    /// <summary>B: the number of images per step.</summary>
    public int Size { get; }

    /// <summary>Whether every step uses all images, in their order.</summary>
    public bool AreWhole => Size == Images;

    /// <summary>
    /// B for M images: the more images, the smaller the batch, so that a step's cost grows only with the number of models.
    /// </summary>
    public static int SizeFor(int images) => images <= LargestWhole ? images : Math.Max(Fewest, LargestWhole * LargestWhole / images);

    /// <summary>The images of a step, and the factor for their weights, so that a batch represents the whole synset.</summary>
    public (int[] Images, float Factor) Of(int step)
    {
        if (AreWhole)
            return ([.. Enumerable.Range(0, Images)], 1);
        int[] batch = [.. _order.Batch(step)];
        return (batch, (float)Images / batch.Length);
    }

    /// <summary>
    /// Selects a step's part [R, B·L] of values [R, M·L] of all images: L numbers per image, multiplied by a factor; a short batch is
    /// padded with zeros.
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
