using DdmNative.Attribution.Datasets;

namespace DdmNative.SideBySide;

/// <summary>The demo's images, read when a row first needs them.</summary>
internal sealed class FashionMnist(string folder)
{
    private const int Classes = 10;
    private const int TrainPerClass = 400;
    private const int TestPerClass = 100;
    private readonly Lazy<(Dataset Train, Dataset Test)> _data = new(() => Read(folder));

    /// <summary>400 training images of every class, normalised.</summary>
    public Dataset Train => _data.Value.Train;

    /// <summary>100 test images of every class, normalised with the same constants.</summary>
    public Dataset Test => _data.Value.Test;

    /// <summary>The training images for 28×28×1; random ones of unit variance for other shapes.</summary>
    public Dataset Images(int channels, int size)
        => (channels, size) == (1, 28)
            ? Train
            : new Dataset("random", RandomValues.Of(2 * TrainPerClass * channels * size * size, seed: 7),
                [.. Enumerable.Range(0, 2 * TrainPerClass).Select(n => n % Classes)],
                channels, size, size, Classes);

    /// <summary>The test images for 28×28×1; the images of <see cref="Images"/> for other shapes.</summary>
    public Dataset TestImages(int channels, int size) => (channels, size) == (1, 28) ? Test : Images(channels, size);

    private static (Dataset Train, Dataset Test) Read(string folder)
    {
        (Dataset train, Dataset test) = DatasetLocator.Open(folder);
        (train, test) = (train.PerClassSubset(TrainPerClass, seed: 1), test.PerClassSubset(TestPerClass, seed: 1));
        var normalization = Normalization.From(train);
        return (normalization.Apply(train), normalization.Apply(test));
    }
}
