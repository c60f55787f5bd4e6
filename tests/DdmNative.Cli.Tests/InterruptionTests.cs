using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DdmNative.Cli.Tests.Survival;
using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(DisturbedCommands.Name)]
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

    [SkippableFact]
    public void A_job_that_nobody_writes_into_its_pipe_can_be_given_up()
    {
        Skip.If(OperatingSystem.IsWindows(), "there are no such pipes");
        string pipe = files.PathOf("job.pipe");
        Assert.Equal(0, Ddm.Finish("mkfifo", [pipe]).Code);
        using Process process = Ddm.Start("run", pipe, "--run", files.PathOf("never"));
        Thread.Sleep(2000);
        Assert.False(process.HasExited);

        Assert.Equal(0, Ddm.Finish("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]).Code);

        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Equal(ExitCode.Interrupted, process.ExitCode);
        Assert.False(Directory.Exists(files.PathOf("never")));
    }

    [SkippableFact]
    public void A_job_is_taken_from_standard_input()
    {
        Skip.If(OperatingSystem.IsWindows(), "this needs a shell");
        string program = Path.Combine(AppContext.BaseDirectory, "ddm.dll"), run = files.PathOf("from-input");

        Ddm.Result result = Ddm.Finish("bash", ["-c", $"dotnet '{program}' run - --run '{run}' --upto train --quiet < '{files.Job}'"]);

        Assert.True(result.Code == 0, result.Error);
        Assert.True(File.Exists(Path.Combine(run, "target.safetensors")));
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

        Terminate(process);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.True(process.ExitCode == ExitCode.Interrupted, $"exit code {process.ExitCode}: {error}");
        Assert.Contains("the same command resumes", error, StringComparison.Ordinal);
        Assert.Equal(0, Ddm.Run("train", "--run", run, "--epochs", "1", "--width", "4").Code);
    }

    /// <summary>
    /// One folder is asked to stop in every kind of stage in turn, each time by a process that goes on from the stop before. A stage that is over before it has heard of it is no failure:
    /// the process then stops before the next one.
    /// </summary>
    [Fact]
    public async Task Asked_to_stop_in_any_stage_it_says_6_and_the_same_command_comes_to_the_same_result()
    {
        string run = files.PathOf("stopped-everywhere");
        var stoppedIn = new List<string>();
        int code;
        do
        {
            using Process process = Ddm.Start("run", files.Job, "--run", run, "--threads", "1", "--log-format", "json", "--json");
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string last = "";
            while (process.StandardError.ReadLine() is string line)
            {
                last = line;
                JsonElement entry = JsonDocument.Parse(line).RootElement;
                if (entry.GetProperty("event").GetString() != "stage_started" || stoppedIn.Contains(entry.GetProperty("stage").GetString()!))
                    continue;
                stoppedIn.Add(entry.GetProperty("stage").GetString()!);
                Terminate(process);
            }

            await process.WaitForExitAsync();
            code = process.ExitCode;
            Assert.True(code is ExitCode.Done or ExitCode.Interrupted, $"{code} in {stoppedIn[^1]}: {last}");
            if (code == ExitCode.Interrupted)
                Assert.Equal("interrupted", JsonDocument.Parse(await output).RootElement.GetProperty("error").GetProperty("kind").GetString());
        }
        while (code == ExitCode.Interrupted);

        WholeRunTests.AssertSameFiles(files.Whole, run);
        Assert.Superset(new HashSet<string>(["train", "groups", "distill:forward-1", "online:replay", "online:head", "retrain", "unlearn"]), stoppedIn.ToHashSet());
    }

    [Fact]
    public void A_training_that_was_asked_to_stop_loses_no_step()
    {
        string run = files.PathOf("stopped-training"), whole = files.PathOf("undisturbed-training");
        string[] Command(string folder) => ["train", "--run", folder, "--data", "generated:classes=3,per-class=100,test-per-class=10,size=16", "--epochs", "20", "--batch-size", "8", "--threads", "1", "--log-format", "json"];
        // Stopped a little later each time, until it has come to a step: how long that takes is the machine's business.
        for (int delay = 300; !File.Exists(Path.Combine(run, "target.partial.npz")); delay *= 2)
        {
            using Process process = Ddm.Start(Command(run));
            while (process.StandardError.ReadLine() is string line && !line.Contains("stage_started", StringComparison.Ordinal))
            {
            }

            Thread.Sleep(delay);
            Terminate(process);
            process.WaitForExit();
            Assert.Equal(ExitCode.Interrupted, process.ExitCode);
        }

        Ddm.Result again = Ddm.Run(Command(run));
        Assert.True(again.Code == 0, again.Error);
        Assert.Matches(@"\d+ of 760 steps are already done", again.Error);
        Assert.Equal(0, Ddm.Run(Command(whole)).Code);
        WholeRunTests.AssertSameFiles(whole, run);
    }

    [Fact]
    public void A_second_process_on_the_same_folder_is_3_and_is_told_who_holds_it()
    {
        string run = files.PathOf("held");
        using Process process = Ddm.Start("train", "--run", run, "--data", "generated:classes=3,per-class=400,test-per-class=10,size=16", "--epochs", "200");
        while (process.StandardError.ReadLine() is string line && !line.StartsWith("train:", StringComparison.Ordinal))
        {
        }

        Ddm.Result second = Ddm.Run("train", "--run", run);
        Terminate(process);
        process.WaitForExit();

        Assert.Equal(ExitCode.BadInput, second.Code);
        Assert.Contains($"in use by process {process.Id} on {Environment.MachineName}, since ", second.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(run, "run.holder")));
    }

    private static void Terminate(Process process)
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Runs on, and kills the process as soon as it begins a stage in which none was killed before; false where it came to its end.</summary>
    private bool KillInNextStage(string run, List<string> killedIn)
    {
        using Process process = Ddm.Start("run", files.Job, "--run", run, "--threads", "1");
        _ = process.StandardOutput.ReadToEndAsync();
        while (process.StandardError.ReadLine() is string line)
        {
            // A skipped stage reports "already done".
            if (DisturbedProcess.StageOf(line) is not string stage || killedIn.Contains(stage))
                continue;
            killedIn.Add(stage);
            process.Kill();
            process.WaitForExit();
            return true;
        }

        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return false;
    }
}
