using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Sharding;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Stages;

/// <summary>
/// A method's unfinished work in a folder of the run: a file for each list of numbers, with the stage's key and the list's name. Files with
/// another key or name, and damaged files, are not used.
/// </summary>
internal sealed class PartialFiles(StageContext context, string folder) : IPartialResults
{
    private const string Extension = ".npz";

    /// <summary>The pieces of the stage's work that are kept here.</summary>
    public PieceWork Pieces => new() { Kept = this, Share = context.Share, Cancellation = context.Stop };

    /// <summary>The number of lists that the stage can reuse.</summary>
    public int Count
    {
        get
        {
            string path = context.Folder.PathOf(folder);
            return Directory.Exists(path)
                ? Directory.GetFiles(path, "*" + Extension).Count(file => Read(Path.GetFileNameWithoutExtension(file), out _) is not null)
                    : 0;
        }
    }

    public double[]? Find(string name)
    {
        double[]? values = Read(name, out bool damaged);
        if (damaged)
            context.Listener.Note($"{FileOf(name)} is damaged or has the wrong name; its numbers are recomputed.");
        if (values is not null)
            context.Share?.Keep(context.Folder.PathOf(FileOf(name)));
        return values;
    }

    public void Keep(string name, double[] values)
    {
        string path = context.PathFor(FileOf(name));
        KeyedFile.Write(path, context.Key, ("name", new NpyArray(new[] { name }, 1)), ("values", new NpyArray(values, values.Length)));
        context.Share?.Keep(path);
    }

    private double[]? Read(string name, out bool damaged)
        => KeyedFile.Find(context.Folder.PathOf(FileOf(name)), context.Key, file => file.Elements<string>("name") is [string own]
            && own == name ? file.Elements<double>("values") : null, out damaged);

    private string FileOf(string name) => $"{folder}/{name}{Extension}";
}
