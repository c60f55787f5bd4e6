using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// Retrained models' logits on the evaluation samples by content hash: <c>FOLDER/ab/abcd….npz</c>, one file per model, whole or absent. Whatever was trained once is never trained
/// again, by whichever metric, method or interrupted run it was asked for.
/// </summary>
/// <param name="folder">Made when the first model is kept.</param>
public sealed class RetrainedModelStore(string folder)
{
    private const string Key = "key", Logits = "logits";

    /// <summary>Files that were there but could not be used, because they were damaged, cut off, or another model's.</summary>
    public int Damaged { get; private set; }

    /// <summary>The logits [M·K] of a model; null where it is not there, or its file is damaged, cut off, or another model's: it is trained again.</summary>
    /// <param name="key">Its content hash.</param>
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

    /// <summary>Keeps a model's logits.</summary>
    /// <exception cref="DiskException">The disk refused.</exception>
    public void Keep(string key, float[] logits, int samples, int classes)
    {
        string path = PathOf(key);
        AtomicFile.MakeFolder(Path.GetDirectoryName(path)!);
        Npz.Write(path, (Key, new NpyArray(new[] { key }, 1)), (Logits, new NpyArray(logits, samples, classes)));
    }

    /// <summary>The file of a model. Two letters fold thousands of files into at most 256 folders.</summary>
    public string PathOf(string key) => Path.Combine(folder, key[..2], key + ".npz");
}
