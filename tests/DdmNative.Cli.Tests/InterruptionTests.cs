using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DdmNative.Cli.Tests.Survival;
using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(DisturbedCommands.Name)]
public sealed class InterruptionTests(RunFiles files)
{
    /// <summary>The exit code of a process that SIGTERM ends: 128 and the number of the signal.</summary>
    private const int DiedOfTermination = 128 + 15;

    /// <summary>A process that has not answered a signal after so long hangs, however busy the machine is.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

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

        // A process that is not yet ready to answer the signal dies of it: the signal is then sent later to another one.
        int code = DiedOfTermination;
        for (int delay = 1000; code == DiedOfTermination && delay < 100_000; delay *= 2)
        {
            using Process process = Ddm.Start("run", pipe, "--run", files.PathOf("never"));
            Thread.Sleep(delay);
            Assert.False(process.HasExited);
            Terminate(process);
            Assert.True(process.WaitForExit(Longest), "ddm does not answer the signal");
            code = process.ExitCode;
        }

        Assert.Equal(ExitCode.Interrupted, code);
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
        KillAfterThree(command, run, () => Models().Length, 14);

        (string Path, DateTime Written)[] before = [.. Models().Select(path => (path, File.GetLastWriteTimeUtc(path)))];
        Assert.InRange(before.Length, 3, 13);
        Ddm.Result again = Ddm.Run(command);

        Assert.Equal(0, again.Code);
        Assert.Equal(14, Models().Length);
        Assert.All(before, model => Assert.Equal(model.Written, File.GetLastWriteTimeUtc(model.Path)));

        Assert.Equal(File.ReadAllBytes(Path.Combine(files.Whole, "validation.npz")),
            File.ReadAllBytes(Path.Combine(run, "validation.npz")));

        string[] Models()
            => Directory.Exists(Path.Combine(run, "retrained"))
                ? Directory.GetFiles(Path.Combine(run, "retrained"), "*.npz", SearchOption.AllDirectories) : [];
    }

    [Fact]
    public void Asked_to_stop_it_says_6_and_goes_on_later()
    {
        string run = files.PathOf("stopped");
        string[] command = ["train", "--run", run, "--data", "generated:classes=3,per-class=400,test-per-class=10,size=16", "--epochs",
            "200"];
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
    /// One folder is asked to stop in every kind of stage in turn, each time by a process that goes on from the stop before. A stage that
    /// is over before it has heard of it is no failure: the process then stops before the next one.
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
            bool isAsked = false;
            while (process.StandardError.ReadLine() is string line)
            {
                last = line;
                JsonElement entry = JsonDocument.Parse(line).RootElement;
                // It is asked once: a second signal would end it at once.
                if (isAsked || entry.GetProperty("event").GetString() != "stage_started")
                    continue;
                string stage = entry.GetProperty("stage").GetString()!;
                if (stoppedIn.Contains(stage))
                    continue;
                stoppedIn.Add(stage);
                Terminate(process);
                isAsked = true;
            }

            await process.WaitForExitAsync();
            code = process.ExitCode;
            Assert.True(code is ExitCode.Done or ExitCode.Interrupted, $"{code} in {stoppedIn[^1]}: {last}");
            if (code == ExitCode.Interrupted)
                Assert.Equal("interrupted",
                    JsonDocument.Parse(await output).RootElement.GetProperty("error").GetProperty("kind").GetString());
        }
        while (code == ExitCode.Interrupted);

        WholeRunTests.AssertSameFiles(files.Whole, run);
        Assert.Superset(new HashSet<string>(["train", "groups", "distill:forward-1", "online:replay", "online:head", "retrain", "unlearn"]),
            stoppedIn.ToHashSet());
    }

    [Fact]
    public void A_training_that_was_asked_to_stop_loses_no_step()
    {
        string run = files.PathOf("stopped-training"), whole = files.PathOf("undisturbed-training");
        string[] Command(string folder)
            => ["train", "--run", folder, "--data", "generated:classes=3,per-class=100,test-per-class=10,size=16", "--epochs", "20",
                "--batch-size", "8", "--threads", "1", "--log-format", "json"];
        // Stopped a little later each time, until it has come to a step: how long that takes depends on the machine.
        for (int delay = 300; !File.Exists(Path.Combine(run, "target.partial.npz")); delay *= 2)
        {
            using Process process = Ddm.Start(Command(run));
            while (process.StandardError.ReadLine() is string line && !line.Contains("stage_started", StringComparison.Ordinal))
            {
            }

            Thread.Sleep(delay);
            Terminate(process);
            process.WaitForExit();
            if (process.ExitCode == ExitCode.Done)
            {
                // This test was held up for so long that the training came to its end.
                Directory.Delete(run, recursive: true);
                delay = 100;
                continue;
            }

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
        using Process process = Ddm.Start("train", "--run", run, "--data", "generated:classes=3,per-class=400,test-per-class=10,size=16",
            "--epochs", "200");
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

    /// <summary>
    /// Kills a command between its third model and its last. On a busy machine the command may come to its end before this process
    /// sees the third: it is then started again in an empty folder.
    /// </summary>
    /// <param name="command">The command line.</param>
    /// <param name="run">The run folder.</param>
    /// <param name="models">Counts the models that the run folder holds.</param>
    /// <param name="all">The number of models of the whole command.</param>
    internal static void KillAfterThree(string[] command, string run, Func<int> models, int all)
    {
        const int Attempts = 20;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (attempt > 0)
                Directory.Delete(run, recursive: true);
            using Process process = Ddm.Start(command);
            process.BeginErrorReadLine();
            while (!process.HasExited && models() < 3)
                Thread.Sleep(1);
            process.Kill();
            process.WaitForExit();
            if (models() < all)
                return;
        }
    }

    private static void Terminate(Process process)
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>
    /// Runs on, and kills the process as soon as it begins a stage in which none was killed before; false where it came to its end.
    /// </summary>
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
