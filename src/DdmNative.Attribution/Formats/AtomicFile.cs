namespace DdmNative.Attribution.Formats;

/// <summary>
/// Files that are either complete or absent. The content is written to <c>NAME.RANDOM.tmp</c> in the same folder, flushed to the disk, and
/// renamed atomically: a reader, or the next run after a kill, sees the old file or the new one. The temporary file is always new and has
/// an unpredictable name, so that an existing link is never followed; a link with the final name is replaced. The next run removes what a
/// killed job leaves in its run's folder.
/// </summary>
public static class AtomicFile
{
    /// <summary>The suffix of a temporary file's name.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>The maximum length of the file's name that its temporary name repeats: file systems allow 255 bytes.</summary>
    private const int LongestName = 60;

    /// <summary>A new name for a temporary file in the folder of <paramref name="path"/>.</summary>
    public static string TemporaryNameFor(string path)
    {
        string name = Path.GetFileName(path);
        return Path.Combine(Path.GetDirectoryName(path) ?? "",
            $"{name[..Math.Min(name.Length, LongestName)]}.{Path.GetRandomFileName()}{TemporarySuffix}");
    }

    /// <summary>Writes <paramref name="path"/> with <paramref name="write"/>; the folder must exist.</summary>
    /// <exception cref="DiskException">The file could not be written; the old file, if any, is unchanged, and the temporary one is
    /// removed.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string temporary = TemporaryNameFor(path);

        // Opened outside the try: a file that already exists must not be deleted.
        FileStream file = DiskException.Named(path, ()
            => new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
        try
        {
            using (file)
            {
                write(file);
                DiskFlush.Run(file);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            Remove(temporary);
            if (DiskException.IsRefusal(e))
                throw new DiskException(path, e);
            throw;
        }
    }

    /// <summary>Writes <paramref name="text"/> as UTF-8 without a byte-order mark.</summary>
    /// <exception cref="DiskException">As for <see cref="Write"/>.</exception>
    public static void WriteText(string path, string text) => Write(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Creates a folder and its parents, if they do not exist.</summary>
    /// <exception cref="DiskException">The folder could not be created.</exception>
    public static void MakeFolder(string folder) => DiskException.Named(folder, () => Directory.CreateDirectory(folder));

    /// <summary>Removes the temporary files below a folder, which are unused after their writers have ended.</summary>
    /// <returns>The number of removed files.</returns>
    public static int RemoveTemporaries(string folder)
    {
        // Not through links: a store that several runs share may be in use.
        string[] left = Directory.GetFiles(folder, "*" + TemporarySuffix,
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint });
        Array.ForEach(left, Remove);
        return left.Length;
    }

    /// <summary>Removes a file, and ignores errors: the user must see the first error, not this one.</summary>
    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (DiskException.IsRefusal(e))
        {
        }
    }
}
