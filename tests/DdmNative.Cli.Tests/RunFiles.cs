using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>A folder that is gone after the test, with the tiny job in it; and that job's run, done once for all tests.</summary>
public sealed class RunFiles : IDisposable
{
    public RunFiles()
    {
        Directory.CreateDirectory(Root);
        File.WriteAllText(Job, Ddm.TinyJob);
        Ddm.Result result = Ddm.Run("run", Job, "--run", Whole, "--threads", "1", "--json");
        Assert.True(result.Code == 0, result.Error);
        (WholeOutput, WholeError) = (result.Output, result.Error);
    }

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "ddm-" + Path.GetRandomFileName());

    public string Job => PathOf("job.json");

    /// <summary>The run of the whole job, on one thread, without interruption.</summary>
    public string Whole => PathOf("whole");

    public string WholeOutput { get; }

    public string WholeError { get; }

    public string PathOf(string name) => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
