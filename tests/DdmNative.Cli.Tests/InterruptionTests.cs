using System.Diagnostics;
using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(OneAtATime.Name)]
public sealed class InterruptionTests(RunFiles files)
{
    /// <summary>One folder is killed in every stage in turn, each time by a process that goes on from the kill before.</summary>
    [Fact]
    public void Killed_in_every_stage_the_same_command_comes_to_the_same_result()
    {
        string run = files.PathOf("killed");
        var killedIn = new List<string>();
        while (KillInNextStage(run, killedIn))
        {
        }

        WholeRunTests.AssertSameFiles(files.Whole, run);
        Assert.Contains("train", killedIn);
        Assert.Contains("distill:phases-2", killedIn);
        Assert.Contains("online:replay", killedIn);
        Assert.Contains("retrain", killedIn);
    }

    [Fact]
    public void Killed_between_two_waves_of_retraining_the_finished_ones_are_kept()
    {
        string run = files.PathOf("waves-killed");
        string[] command = ["run", files.Job, "--run", run, "--threads", "1", "--wave", "1"];
        using (Process process = Ddm.Start(command))
        {
            process.BeginErrorReadLine();
            while (!process.HasExited && Models().Length < 3)
                Thread.Sleep(1);
            process.Kill();
            process.WaitForExit();
        }

        (string Path, DateTime Written)[] before = [.. Models().Select(path => (path, File.GetLastWriteTimeUtc(path)))];
        Assert.InRange(before.Length, 3, 13);
        Ddm.Result again = Ddm.Run(command);

        Assert.Equal(0, again.Code);
        Assert.Equal(14, Models().Length);
        Assert.All(before, model => Assert.Equal(model.Written, File.GetLastWriteTimeUtc(model.Path)));

        Assert.Equal(File.ReadAllBytes(Path.Combine(files.Whole, "validation.npz")), File.ReadAllBytes(Path.Combine(run, "validation.npz")));

        string[] Models() => Directory.Exists(Path.Combine(run, "retrained")) ? Directory.GetFiles(Path.Combine(run, "retrained"), "*.npz", SearchOption.AllDirectories) : [];
    }

    [Fact]
    public void Asked_to_stop_it_says_6_and_goes_on_later()
    {
        string run = files.PathOf("stopped");
        string[] command = ["train", "--run", run, "--data", "generated:classes=3,per-class=400,test-per-class=10,size=16", "--epochs", "200"];
        using Process process = Ddm.Start(command);
        while (process.StandardError.ReadLine() is string line && !line.StartsWith("train:", StringComparison.Ordinal))
        {
        }

        Assert.Equal(0, Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]) is Process kill ? Wait(kill) : -1);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.True(process.ExitCode == ExitCode.Interrupted, $"exit code {process.ExitCode}: {error}");
        Assert.Contains("the same command goes on", error, StringComparison.Ordinal);
        Assert.Equal(0, Ddm.Run("train", "--run", run, "--epochs", "1", "--width", "4").Code);
    }

    private static int Wait(Process process)
    {
        using (process)
        {
            process.WaitForExit();
            return process.ExitCode;
        }
    }

    /// <summary>Runs on, and kills the process as soon as it begins a stage in which none was killed before; false where it came to its end.</summary>
    private bool KillInNextStage(string run, List<string> killedIn)
    {
        using Process process = Ddm.Start("run", files.Job, "--run", run, "--threads", "1");
        _ = process.StandardOutput.ReadToEndAsync();
        while (process.StandardError.ReadLine() is string line)
        {
            // "online:head: attribute by … …": a stage begins; one that is passed over says "done already".
            int cut = line.IndexOf(": ", StringComparison.Ordinal);
            if (!line.EndsWith('…') || cut < 0 || killedIn.Contains(line[..cut]))
                continue;
            killedIn.Add(line[..cut]);
            process.Kill();
            process.WaitForExit();
            return true;
        }

        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return false;
    }
}
