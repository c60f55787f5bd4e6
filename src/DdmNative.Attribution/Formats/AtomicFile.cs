namespace DdmNative.Attribution.Formats;

/// <summary>
/// Files that are either whole or absent. What is written goes to <c>NAME.RANDOM.tmp</c> in the same folder, is flushed to the disk and
/// then renamed, which the file system does in one step: a reader, or the next run after a kill, sees the old file or the new one.
/// The temporary file is always a new one under a name that nobody can foresee, so that a link that somebody has put there is not followed;
/// a link under the name itself is replaced. What a killed job leaves in its run's folder is removed by the next.
/// </summary>
public static class AtomicFile
{
    /// <summary>What a file's name ends in until it is whole.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>The most of a file's name that its temporary file's name repeats: file systems take 255 bytes.</summary>
    private const int LongestName = 60;

    /// <summary>A name for a temporary file beside <paramref name="path"/> that is not in use.</summary>
    public static string TemporaryNameFor(string path)
    {
        string name = Path.GetFileName(path);
        return Path.Combine(Path.GetDirectoryName(path) ?? "",
            $"{name[..Math.Min(name.Length, LongestName)]}.{Path.GetRandomFileName()}{TemporarySuffix}");
    }

    /// <summary>Writes <paramref name="path"/> with <paramref name="write"/>; the folder must exist.</summary>
    /// <exception cref="DiskException">The disk refused; the old file, if any, is untouched and the temporary one removed.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string temporary = TemporaryNameFor(path);

        // Opened outside the try: a file that is there already is not ours to delete.
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

    /// <summary>Makes a folder, and those above it, where there is none.</summary>
    /// <exception cref="DiskException">The disk refused.</exception>
    public static void MakeFolder(string folder) => DiskException.Named(folder, () => Directory.CreateDirectory(folder));

    /// <summary>Removes the temporary files below a folder, which belong to nobody once its writers are gone.</summary>
    /// <returns>How many there were.</returns>
    public static int RemoveTemporaries(string folder)
    {
        // Not through links: a store that several runs share may be in use.
        string[] left = Directory.GetFiles(folder, "*" + TemporarySuffix, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint });
        Array.ForEach(left, Remove);
        return left.Length;
    }

    /// <summary>As far as the disk lets us: what it refused before is what the user must hear of.</summary>
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
