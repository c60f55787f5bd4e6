using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Folders;

/// <summary>
/// <c>attribution/misclassified.npz</c>: for T misclassified test images, the most confidently wrong first, the effect of each training
/// image on the margin of the test image's label. A negative effect means that the training image makes the prediction worse.
/// </summary>
/// <param name="Method">The method of attribution.</param>
/// <param name="Unit">The unit of its effects.</param>
/// <param name="Test">[T]: the index of each image in the original test set.</param>
/// <param name="Labels">[T]: its class in the data.</param>
/// <param name="Predicted">[T]: the class that the target predicts.</param>
/// <param name="Probability">[T]: the predicted class's probability.</param>
/// <param name="Effects">[T][N]: F(with) − F(without) of every training image in use.</param>
internal sealed record MisclassifiedFile(
    string Method, string Unit, int[] Test, int[] Labels, int[] Predicted, double[] Probability, double[][] Effects)
{
    public const string Name = "attribution/misclassified.npz";

    /// <param name="path">The file.</param>
    /// <param name="samples">N, which the effects do not tell if there is no image.</param>
    public void Write(string path, int samples)
    {
        int images = Test.Length;
        Npz.Write(path,
            ("test", new NpyArray(Test, images)),
            ("label", new NpyArray(Labels, images)),
            ("predicted", new NpyArray(Predicted, images)),
            ("probability", new NpyArray(Probability, images)),
            ("matrix", new NpyArray(Effects.SelectMany(row => row).ToArray(), images, samples)),
            ("method", new NpyArray(new[] { Method }, 1)),
            ("unit", new NpyArray(new[] { Unit }, 1)),
            ("convention", new NpyArray(new[] { AttributionMatrix.Convention }, 1)));
    }

    /// <exception cref="BadInputException">The file is missing or damaged.</exception>
    public static MisclassifiedFile Read(string path)
    {
        NpzContents file = Npz.Read(path);
        int[] test = file.Elements<int>("test");
        double[] matrix = file.Elements<double>("matrix");
        return new MisclassifiedFile(file.Elements<string>("method")[0], file.Elements<string>("unit")[0], test,
            file.Elements<int>("label"), file.Elements<int>("predicted"), file.Elements<double>("probability"),
            test.Length == 0 ? [] : [.. matrix.Chunk(matrix.Length / test.Length)]);
    }
}
