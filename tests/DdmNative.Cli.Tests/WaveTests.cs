using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(Commands.Name)]
public sealed class WaveTests(RunFiles files)
{
    private static readonly string[] Waves = ["1", "2", "64"];

    [Fact]
    public void Small_waves_change_nothing()
    {
        string job = files.PathOf("waves.json");
        File.WriteAllText(job, Ddm.TinyJob);
        string[] runs = [.. Waves.Select(wave =>
        {
            string run = files.PathOf("wave-" + wave);
            Ddm.Result result = Ddm.Run("run", job, "--run", run, "--quiet", "--wave", wave);
            Assert.True(result.Code == ExitCode.Done, result.Error);
            return run;
        })];

        Dictionary<string, byte[]>[] found = [.. runs.Select(run => Ddm.FilesOf(run))];

        foreach (Dictionary<string, byte[]> other in found.Skip(1))
        {
            Assert.Equal(found[0].Keys.Order(), other.Keys.Order());
            Assert.All(found[0], file =>
                Assert.True(file.Value.AsSpan().SequenceEqual(other[file.Key]), file.Key + " depends on the wave"));
        }
    }
}
