using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Folders;

/// <summary>An npz of a stage's unfinished work with the stage's key in it: what was left under other settings is not taken up, nor what is damaged.</summary>
internal static class KeyedFile
{
    private const string KeyArray = "key";

    /// <summary>What lies there under the key; null where there is nothing of that key that can be used.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The stage's.</param>
    /// <param name="read">Makes it of the arrays; null where they do not fit together.</param>
    /// <param name="damaged">Whether there is a file that is damaged, or whose arrays do not fit together.</param>
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
            // As where its arrays do not fit together.
        }

        damaged = true;
        return null;
    }

    /// <summary>Keeps arrays under the key, in place of what was kept before.</summary>
    /// <exception cref="DiskException">The disk refused.</exception>
    public static void Write(string path, string key, params IReadOnlyList<(string Name, NpyArray Array)> arrays)
        => Npz.Write(path, [(KeyArray, new NpyArray(new[] { key }, 1)), .. arrays]);
}
