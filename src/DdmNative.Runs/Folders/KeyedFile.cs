using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Folders;

/// <summary>
/// An npz file with the unfinished work of a stage and the stage's key. A file with another key or a damaged file is not used.
/// </summary>
internal static class KeyedFile
{
    private const string KeyArray = "key";

    /// <summary>Reads the file if it has the key; null if there is no usable file with that key.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The stage's key.</param>
    /// <param name="read">Converts the arrays; returns null if they are inconsistent.</param>
    /// <param name="damaged">Whether the file is damaged, or its arrays are inconsistent.</param>
    public static T? Find<T>(string path, string key, Func<NpzContents, T?> read, out bool damaged)
        where T : class
    {
        damaged = false;
        if (!File.Exists(path))
            return null;
        try
        {
            NpzContents file = Npz.Read(path);
            if (file.Elements<string>(KeyArray) is not [string own] || own != key)
                return null;
            if (read(file) is T found)
                return found;
        }
        catch (BadInputException)
        {
            // The same as for inconsistent arrays.
        }

        damaged = true;
        return null;
    }

    /// <summary>Writes arrays with the key, and replaces an existing file.</summary>
    /// <exception cref="DiskException">The file could not be written.</exception>
    public static void Write(string path, string key, params IReadOnlyList<(string Name, NpyArray Array)> arrays)
        => Npz.Write(path, [(KeyArray, new NpyArray(new[] { key }, 1)), .. arrays]);
}
