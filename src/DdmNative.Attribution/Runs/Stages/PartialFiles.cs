using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Sharding;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>A method's unfinished work in a folder of the run, a file for each list of numbers with the stage's key in it: what was left under other settings is not taken up.</summary>
internal sealed class PartialFiles(StageContext context, string folder) : IPartialResults
{
    /// <summary>Pieces of the stage's work that are kept here.</summary>
    public PieceWork Pieces => new() { Kept = this, Share = context.Share, Cancellation = context.Stop };

    public double[]? Find(string name)
    {
        string path = context.Folder.PathOf(FileOf(name));
        if (!File.Exists(path))
            return null;
        try
        {
            NpzContents file = Npz.Read(path);
            if (file.Elements<string>("key")[0] != context.Key)
                return null;
            context.Share?.Keep(path);
            return file.Elements<double>("values");
        }
        catch (BadInputException)
        {
            // Half of a disk's trouble is better computed again than complained about.
            return null;
        }
    }

    public void Keep(string name, double[] values)
    {
        string path = context.PathFor(FileOf(name));
        Npz.Write(path, ("key", new NpyArray(new[] { context.Key }, 1)), ("values", new NpyArray(values, values.Length)));
        context.Share?.Keep(path);
    }

    /// <summary>The work is done.</summary>
    public void Clear()
    {
        string path = context.Folder.PathOf(folder);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }

    private string FileOf(string name) => $"{folder}/{name}.npz";
}
