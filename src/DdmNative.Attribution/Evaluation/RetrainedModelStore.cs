using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// Stores retrained models' logits on the evaluation samples by content hash: <c>FOLDER/ab/abcd….npz</c>, one file per model, complete or
/// absent. A trained model is never trained again, whichever metric, method or interrupted run requested it.
/// </summary>
/// <param name="folder">Created when the first model is stored.</param>
public sealed class RetrainedModelStore(string folder)
{
    private const string Key = "key", Logits = "logits";

    /// <summary>The number of files that could not be used because they were damaged, truncated, or another model's.</summary>
    public int Damaged { get; private set; }

    /// <summary>
    /// Reads the logits [M·K] of a model; null if the file does not exist, or is damaged, truncated, or another model's: then the model is
    /// trained again.
    /// </summary>
    /// <param name="key">The model's content hash.</param>
    /// <param name="samples">M.</param>
    /// <param name="classes">K.</param>
    public float[]? Find(string key, int samples, int classes)
    {
        string path = PathOf(key);
        if (!File.Exists(path))
            return null;
        try
        {
            NpzContents file = Npz.Read(path);
            if (file.Elements<string>(Key) is [string own] && own == key && file[Logits].Shape.AsSpan().SequenceEqual([samples, classes]))
                return file.Elements<float>(Logits);
        }
        catch (BadInputException)
        {
            // Trained again, as below.
        }

        Damaged++;
        return null;
    }

    /// <summary>Stores a model's logits.</summary>
    /// <exception cref="DiskException">The file could not be written.</exception>
    public void Keep(string key, float[] logits, int samples, int classes)
    {
        string path = PathOf(key);
        AtomicFile.MakeFolder(Path.GetDirectoryName(path)!);
        Npz.Write(path, (Key, new NpyArray(new[] { key }, 1)), (Logits, new NpyArray(logits, samples, classes)));
    }

    /// <summary>The file of a model. Two letters distribute thousands of files over at most 256 folders.</summary>
    public string PathOf(string key) => Path.Combine(folder, key[..2], key + ".npz");
}
