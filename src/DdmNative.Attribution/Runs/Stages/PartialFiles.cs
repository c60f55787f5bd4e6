using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;

namespace DdmNative.Attribution.Runs.Stages;

/// <summary>A method's unfinished work in a folder of the run, a file for each list of numbers with the stage's key in it: what was left under other settings is not taken up.</summary>
internal sealed class PartialFiles(StageContext context, string folder) : IPartialResults
{
    public double[]? Find(string name)
    {
        string path = context.Folder.PathOf(FileOf(name));
        if (!File.Exists(path))
            return null;
        NpzContents file = Npz.Read(path);
        return file.Elements<string>("key")[0] == context.Key ? file.Elements<double>("values") : null;
    }

    public void Keep(string name, double[] values)
        => Npz.Write(context.PathFor(FileOf(name)), ("key", new NpyArray(new[] { context.Key }, 1)), ("values", new NpyArray(values, values.Length)));

    /// <summary>The work is done.</summary>
    public void Clear()
    {
        string path = context.Folder.PathOf(folder);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }

    private string FileOf(string name) => $"{folder}/{name}.npz";
}
