using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>The files of a run that its job decides: all but those that hold times, and the lock.</summary>
internal static class RunBytes
{
    /// <summary>Two runs hold the same files, byte for byte.</summary>
    public static void AssertSame(string expected, string found)
    {
        Dictionary<string, byte[]> one = Of(expected), other = Of(found);
        Assert.Equal(one.Keys.Order(), other.Keys.Order());
        Assert.Empty(one.Where(file => !file.Value.AsSpan().SequenceEqual(other[file.Key])).Select(file => file.Key));
    }

    private static Dictionary<string, byte[]> Of(string run)
        => Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) is not ("run.json" or "report.html" or "evaluation.md" or "evaluation-cost.svg"
                or "run.lock"))
            .ToDictionary(path => Path.GetRelativePath(run, path), File.ReadAllBytes);
}
