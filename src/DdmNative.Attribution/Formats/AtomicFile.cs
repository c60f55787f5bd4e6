namespace DdmNative.Attribution.Formats;

/// <summary>
/// Files that are either whole or absent. What is written goes to <c>NAME.tmp</c> in the same folder, is flushed to the disk and
/// then renamed, which the file system does in one step: a reader, or the next run after a kill, sees the old file or the new one.
/// The temporary name is fixed, so that what a killed job left is overwritten by the next and never piles up.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes <paramref name="path"/> with <paramref name="write"/>; the folder must exist.</summary>
    /// <exception cref="IOException">The disk refused; the old file, if any, is untouched and the temporary one removed.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string temporary = path + ".tmp";

        // Opened outside the try: where another process is writing the same file, its temporary is not ours to delete.
        var file = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        try
        {
            using (file)
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes <paramref name="text"/> as UTF-8 without a byte-order mark.</summary>
    /// <exception cref="IOException">As for <see cref="Write"/>.</exception>
    public static void WriteText(string path, string text) => Write(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
