using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets;

/// <summary>
/// Finds the images in the class folders of a split. Links are followed, but each image counts once, and no folder is entered twice through
/// a link. Hidden files and system folders (Jupyter's checkpoints, file servers' thumbnails and recycle bins) are neither classes nor
/// images.
/// </summary>
/// <param name="leftOut">Collects what is not read.</param>
internal sealed class SplitFolder(LeftOut leftOut)
{
    private static readonly LeftOutReason
        Hidden = new("hidden file or folder", "hidden files or folders"),
        Deep = new("image more than one level below its class folder", "images more than one level below their class folder"),
        Stray = new("file outside the class folders", "files outside the class folders"),
        Twice = new("link to an image that is already included", "links to images that are already included"),
        Circle = new("link to a folder that contains it", "links to folders that contain them");

    // Folders that operating systems and file servers create. They contain no images of the user.
    private static readonly string[] SystemFolders = ["@eaDir", "@Recycle", "@tmp", "#recycle", "#snapshot", "__MACOSX", "lost+found",
        "$RECYCLE.BIN", "System Volume Information"];
    private static readonly string[] SystemFiles = [".DS_Store", "Thumbs.db", "desktop.ini"];

    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>The names of a split's class folders, in ordinal order.</summary>
    /// <exception cref="BadInputException">The folder cannot be listed.</exception>
    public static string[] ClassFolders(string folder)
        => [.. List(folder).Where(entry => entry is DirectoryInfo && !IsHidden(entry) && !LeadsBack(folder, entry))
            .Select(entry => entry.Name)];

    /// <summary>The names of the images in a folder, in ordinal order; none if there is no such folder.</summary>
    /// <exception cref="BadInputException">The folder cannot be listed.</exception>
    public static IEnumerable<string> ImagesIn(string folder)
        => Directory.Exists(folder)
            ? List(folder).Where(entry => entry is not DirectoryInfo && !IsHidden(entry) && ImageFile.HasKnownExtension(entry.Name))
                .Select(entry => entry.Name)
            : [];

    /// <summary>Collects the files of a split outside its class folders.</summary>
    public void CollectStrays(string folder)
    {
        foreach (FileSystemInfo entry in List(folder))
        {
            string path = Path.Combine(folder, entry.Name);
            if (IsHidden(entry))
                CollectHidden(path);
            else if (entry is DirectoryInfo && LeadsBack(folder, entry))
                leftOut.Add(Circle, path);
            else if (entry is not DirectoryInfo && entry.Extension != ".txt")
            {
                // A broken link may have been meant as a class.
                _ = entry.LinkTarget is null ? "" : RealPath.Resolve(path);
                leftOut.Add(Stray, path);
            }
        }
    }

    /// <summary>The images of every class: in its folder and one level below, in ordinal order of their paths.</summary>
    /// <param name="folder">The split's.</param>
    /// <param name="classes">The names of the class folders.</param>
    /// <exception cref="BadInputException">A folder cannot be read, a link leads nowhere, a file name is not that of an image, or a class
    /// has no image.</exception>
    public IReadOnlyList<IReadOnlyList<string>> Images(string folder, IReadOnlyList<string> classes)
    {
        List<Found>[] found = [.. classes.Select(name => Below(Path.Combine(folder, name)))];

        // An image itself takes precedence over links to it.
        HashSet<string> taken = [.. found.SelectMany(images => images).Where(image => !image.Linked).Select(image => image.Target)];
        return [.. found.Select((images, i) => OfClass(Path.Combine(folder, classes[i]), images, taken))];
    }

    private List<string> OfClass(string folder, List<Found> images, HashSet<string> taken)
    {
        var kept = new List<string>();
        foreach (Found image in images.OrderBy(image => image.Path, StringComparer.Ordinal))
        {
            if (image.Linked && !taken.Add(image.Target))
                leftOut.Add(Twice, image.Path);
            else
                kept.Add(image.Path);
        }

        if (kept.Count == 0)
            throw new BadInputException(folder, "folder", images.Count == 0
                ? "no images" : "only links to images that are already included",
                ImageFile.Formats, "Remove the folder, or put the class's images into it.");
        return kept;
    }

    private List<Found> Below(string classFolder)
    {
        var images = new List<Found>();
        bool linked = new DirectoryInfo(classFolder).LinkTarget is not null;
        string target = RealPath.Resolve(classFolder);
        foreach (FileSystemInfo entry in Shown(classFolder))
        {
            if (entry is not DirectoryInfo)
            {
                Take(classFolder, entry, linked, target, images);
                continue;
            }

            string below = Path.Combine(classFolder, entry.Name), targetBelow = RealPath.Resolve(below);
            if (LeadsBack(classFolder, entry))
            {
                leftOut.Add(Circle, below);
                continue;
            }

            foreach (FileSystemInfo inner in Shown(below))
            {
                if (inner is DirectoryInfo)
                    CollectDeep(below, inner);
                else
                    Take(below, inner, linked || entry.LinkTarget is not null, targetBelow, images);
            }
        }

        return images;
    }

    /// <param name="folder">The folder in which the entry was found.</param>
    /// <param name="entry">A file, or a link to one.</param>
    /// <param name="linked">Whether the folder was reached through a link.</param>
    /// <param name="target">The folder's real path.</param>
    /// <param name="images">Receives the file, if it is an image.</param>
    private static void Take(string folder, FileSystemInfo entry, bool linked, string target, List<Found> images)
    {
        string path = Path.Combine(folder, entry.Name);
        if (ImageFile.HasKnownExtension(entry.Name))
            images.Add(entry.LinkTarget is null ? new Found(path, Path.Combine(target, entry.Name), linked)
                : new Found(path, RealPath.Resolve(path), Linked: true));
        else if (entry.Extension != ".txt")
            throw new BadInputException(path, "file", "a file whose name is not that of an image", ImageFile.Formats,
                "Convert it, or move it out of the folder.");
    }

    private IEnumerable<FileSystemInfo> Shown(string folder)
    {
        foreach (FileSystemInfo entry in List(folder))
        {
            if (IsHidden(entry))
                CollectHidden(Path.Combine(folder, entry.Name));
            else
                yield return entry;
        }
    }

    /// <summary>Collects images that are too deep to be read. Links are not followed, so circles of links do no harm.</summary>
    private void CollectDeep(string above, FileSystemInfo folder)
    {
        if (folder.LinkTarget is not null)
            return;
        string path = Path.Combine(above, folder.Name);
        foreach (FileSystemInfo entry in List(path).Where(entry => !IsHidden(entry)))
        {
            if (entry is DirectoryInfo)
                CollectDeep(path, entry);
            else if (ImageFile.HasKnownExtension(entry.Name))
                leftOut.Add(Deep, Path.Combine(path, entry.Name));
        }
    }

    /// <summary>Whether a folder is a link to the one that it is in, or to one above.</summary>
    private static bool LeadsBack(string folder, FileSystemInfo entry)
        => entry.LinkTarget is not null
            && Terminated(RealPath.Resolve(folder))
                .StartsWith(Terminated(RealPath.Resolve(Path.Combine(folder, entry.Name))), StringComparison.Ordinal);

    private static string Terminated(string folder)
        => Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;

    private void CollectHidden(string path)
    {
        if (!SystemFiles.Contains(Path.GetFileName(path), StringComparer.OrdinalIgnoreCase))
            leftOut.Add(Hidden, path);
    }

    private static bool IsHidden(FileSystemInfo entry)
        => entry.Name.StartsWith('.') || (entry.Attributes & (FileAttributes.Hidden | FileAttributes.System)) != 0
            || (entry is DirectoryInfo ? SystemFolders : SystemFiles).Contains(entry.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The entries of a folder, in ordinal order of their names.</summary>
    private static IReadOnlyList<FileSystemInfo> List(string folder)
    {
        try
        {
            // Enumerate completely: an error must occur here, not where the list is used.
            return [.. new DirectoryInfo(folder).EnumerateFileSystemInfos("*", All).OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        }
        catch (Exception e) when (DiskException.IsRefusal(e))
        {
            throw new BadInputException(folder, "folder", $"an error ({e.Message})", "a folder that can be read",
                "Check the folder and its permissions.", e);
        }
    }

    /// <param name="Path">The path at which it was found.</param>
    /// <param name="Target">The file's real path, with all links resolved.</param>
    /// <param name="Linked">Whether it was reached through a link.</param>
    private sealed record Found(string Path, string Target, bool Linked);
}
