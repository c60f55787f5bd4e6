using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// Stores results that are expensive to compute by the hash of all that determines them: <c>FOLDER/ab/abcd….npz</c>, one file per result,
/// complete or absent.
/// </summary>
/// <param name="folder">Created when the first result is stored.</param>
/// <param name="entry">The name of the result in its file.</param>
public abstract class ContentStore(string folder, string entry)
{
    private const string Key = "key";

    /// <summary>The number of files that could not be used because they were damaged, truncated, or another result's.</summary>
    public int Damaged { get; private set; }

    /// <summary>
    /// Reads a result; null if the file does not exist, or is damaged, truncated, or another result's: then it is computed again.
    /// </summary>
    /// <param name="key">The content hash.</param>
    /// <param name="shape">The shape that the result must have.</param>
    public float[]? Find(string key, params ReadOnlySpan<int> shape)
    {
        string path = PathOf(key);
        if (!File.Exists(path))
            return null;
        try
        {
            NpzContents file = Npz.Read(path);
            if (file.Elements<string>(Key) is [string own] && own == key && file[entry].Shape.AsSpan().SequenceEqual(shape))
                return file.Elements<float>(entry);
        }
        catch (BadInputException)
        {
            // Computed again, as below.
        }

        Damaged++;
        return null;
    }

    /// <summary>Stores a result.</summary>
    /// <exception cref="DiskException">The file could not be written.</exception>
    public void Keep(string key, float[] values, params int[] shape)
    {
        string path = PathOf(key);
        AtomicFile.MakeFolder(Path.GetDirectoryName(path)!);
        Npz.Write(path, (Key, new NpyArray(new[] { key }, 1)), (entry, new NpyArray(values, shape)));
    }

    /// <summary>The file of a result. Two letters distribute thousands of files over at most 256 folders.</summary>
    public string PathOf(string key) => Path.Combine(folder, key[..2], key + ".npz");
}
