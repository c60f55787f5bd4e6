using System.Globalization;
using System.Security.Cryptography;
using DdmNative.Runs.Folders;
using DdmNative.Tests;
using Xunit;
using Xunit.Abstractions;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>
/// The disk refuses something in the middle of a job: exit code 7 and one line with the file and the remedy, what was finished is as it
/// was, nothing half-written is left, and the same command, once the disk is well again, comes to the bits of a run that nothing disturbed.
/// <c>build/fault-test.sh write</c> runs it with many faults; here are a few.
/// </summary>
[Collection(DisturbedCommands.Name)]
public sealed class DiskFaultTests(RunFiles files, ITestOutputHelper output)
{
    private const int NoEntryRights = 13, IoError = 5, NoSpace = 28, ReadOnly = 30;

    // Which calls fail how: a failing disk, no rights, a file system that has become read-only, no room for a file's name.
    private static readonly (string Call, int Errno)[] Refusals =
        [("write", IoError), ("fsync", IoError), ("rename", IoError), ("open", NoEntryRights), ("open", ReadOnly), ("open", NoSpace),
        ("mkdir", NoSpace), ("fsync", NoSpace), ("rename", ReadOnly), ("mkdir", NoEntryRights)];

    /// <summary>What the job comes to, by the first test that ran it undisturbed.</summary>
    private static Dictionary<string, byte[]>? _undisturbedOutcome;

    [SkippableFact]
    public void Refused_at_any_moment_nothing_finished_is_lost()
    {
        FaultyDisk? disk = FaultyDisk.Build(files.PathOf("disk"));
        Skip.If(disk is null, "there is no C compiler, or this is no Linux");
        SurvivalJob job = SurvivalJob.All(files.PathOf("disk"))[0];
        (string whole, string counts) = (files.PathOf("disk/whole"), files.PathOf("disk/counts"));
        Ddm.Result undisturbed = Ddm.Run(disk.Counting(whole, counts), job.In(whole));
        Assert.True(undisturbed.Code == ExitCode.Done, undisturbed.Error);
        Dictionary<string, long> calls = FaultyDisk.Counts(counts);
        SurvivalLog.Write(output, $"undisturbed: {string.Join(", ", calls.Select(call => $"{call.Value} {call.Key}"))}");
        Dictionary<string, byte[]> expected = _undisturbedOutcome ??= Outcome.Of(whole);
        Assert.All(FaultyDisk.Calls, call => Assert.InRange(calls[call], 1, long.MaxValue));

        int seed = TestScale.Number("DDMTEST_FAULT_SEED", 1), wanted = TestScale.Number("DDMTEST_DISK_FAULTS", 8), hit = 0;
        var random = new Random(seed);
        for (int chain = 0; hit < wanted; chain++)
        {
            // A chain goes on until a process comes to its end; each fault is within what the chain still has to do, more or less.
            string run = files.PathOf($"disk/chain-{chain}");
            int code = ExitCode.DiskTrouble;
            for (int process = 0; code == ExitCode.DiskTrouble; process++)
            {
                bool bytes = random.Next(3) == 0;
                (string call, int errno) = Refusals[(hit + process) % Refusals.Length];
                long at = 1 + random.NextInt64(bytes ? calls["bytes"] / 6 : Math.Max(1, calls[call] / 6));
                Dictionary<string, string> environment = hit >= wanted
                    ? [] : bytes ? disk.Full(run, at) : disk.Refusing(run, call, at, errno);
                string fault = bytes ? $"full after {at} bytes" : $"{call} {at} refused with {errno}";
                Dictionary<string, StageRecord> before = Finished(run);
                Ddm.Result result = Ddm.Run(environment, job.In(run));
                code = result.Code;
                string what = $"seed {seed}, chain {chain}, process {process}, {fault}: exit code {code}, {result.Error}";
                Assert.True(code is ExitCode.Done or ExitCode.DiskTrouble, what);
                if (code == ExitCode.Done)
                    break;
                hit++;
                string said = result.Error.TrimEnd().Split('\n')[^1];
                SurvivalLog.Write(output, $"fault {hit}: {fault}: {said.Replace(run, "RUN", StringComparison.Ordinal)}");
                Assert.True(said.Contains(run, StringComparison.Ordinal)
                    && said.Contains("run the same command again", StringComparison.Ordinal), what);
                AssertNothingLost(run, before, what);
            }

            Assert.True(Outcome.Differences(expected, Outcome.Of(run)) is { Count: 0 },
                $"seed {seed}, chain {chain}: other bytes in {string.Join(", ", Outcome.Differences(expected, Outcome.Of(run)))}");
            Directory.Delete(run, recursive: true);
        }

        SurvivalLog.Write(output, string.Create(
            CultureInfo.InvariantCulture,
            $"{hit} faults (seed {seed}): exit code 7 each, nothing lost, nothing half-written left; all gave the bits of " +
            $"the undisturbed run."));
    }

    /// <summary>A disk that is really full, in a namespace of its own: a small tmpfs, which then grows.</summary>
    [SkippableFact]
    public void A_full_disk_that_gets_room_goes_on()
    {
        string folder = Mounted("full"), whole = files.PathOf("full-whole");
        SurvivalJob job = SurvivalJob.All(files.PathOf("full-job"))[0];
        if (_undisturbedOutcome is null)
        {
            Assert.Equal(ExitCode.Done, Ddm.Run(job.In(whole)).Code);
            _undisturbedOutcome = Outcome.Of(whole);
        }

        Ddm.Result result = Shell(
            $"mount -t tmpfs -o size=600k tmpfs {folder} && {Command(job.In(folder + "/run"))}; echo code $?; mount -o remount,size=64m "
            + $"{folder}; {Command(job.In(folder + "/run"))}; echo code $?; cp -a {folder}/run {files.PathOf("full-after")}");

        Assert.Equal(["code 7", "code 0"], Codes(result));
        Assert.Contains("No space left on device). Free space", result.Error, StringComparison.Ordinal);
        Assert.Empty(Outcome.Differences(_undisturbedOutcome, Outcome.Of(files.PathOf("full-after"))));
    }

    /// <summary>A run on a disk that has become read-only, and a new run where nothing can be made.</summary>
    [SkippableFact]
    public void A_read_only_folder_is_7_and_stays_as_it_is()
    {
        string folder = Mounted("read-only"), run = folder + "/run";
        string[] arguments = ["train", "--data", "generated:classes=2,per-class=10,test-per-class=4,size=8", "--epochs", "1", "--width",
            "4", "--threads", "1", "--run"];

        Ddm.Result result = Shell(
            $"{Command([.. arguments, run])}; echo code $?; mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}; "
            + $"{Command([.. arguments, run])}; echo code $?; {Command([.. arguments, folder + "/new"])}; echo code $?; "
            + $"{Command(["report", "--run", run])}; echo code $?");

        Assert.Equal(["code 0", "code 7", "code 7", "code 7"], Codes(result));
        Assert.Contains("run.lock: could not be written (Read-only file system). Make its folder writable", result.Error,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder + "/new"));
    }

    /// <summary>A result that cannot be handed over is an error; progress that nobody can read costs nothing.</summary>
    [SkippableTheory]
    [InlineData("--json > /dev/full", 7, "standard output: could not be written (No space left on device)")]
    [InlineData("--json >&-", 7, "standard output: could not be written")]
    [InlineData("--json 2> /dev/full", 0, "")]
    [InlineData("--json 2>&-", 0, "")]
    [InlineData("--json | true", 0, "")]
    [InlineData("--json 2>&1 | true", 0, "")]
    public void Streams_that_are_full_or_closed(string streams, int code, string says)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "this is no Linux");
        string run = files.PathOf("streams-" + Path.GetRandomFileName()), plain = files.PathOf("streams-plain");
        string[] arguments = ["train", "--data", "generated:classes=2,per-class=10,test-per-class=4,size=8", "--epochs", "1", "--width",
            "4", "--threads", "1", "--run"];
        if (!Directory.Exists(plain))
            Assert.Equal(ExitCode.Done, Ddm.Run([.. arguments, plain]).Code);

        Ddm.Result result = Ddm.Finish("bash", ["-c", $"set -o pipefail; {Command([.. arguments, run])} {streams}"]);

        Assert.True(result.Code == code, $"exit code {result.Code}: {result.Error}");
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Empty(Outcome.Differences(Outcome.Of(plain), Outcome.Of(run)));
    }

    /// <summary>Finished stages are a run's most precious: none is gone, and all their files are what they were.</summary>
    private static void AssertNothingLost(string run, Dictionary<string, StageRecord> before, string what)
    {
        if (!Directory.Exists(run))
            return;
        Assert.True(!Directory.EnumerateFiles(run, "*.tmp", SearchOption.AllDirectories).Any(), "something half-written is left; " + what);
        Dictionary<string, StageRecord> after = Finished(run);
        Assert.True(before.Keys.All(after.ContainsKey), "a finished stage is gone; " + what);
        foreach ((string file, string hash) in after.Values.SelectMany(stage => stage.Files))
            Assert.True(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(run, file)))) == hash,
                $"{file} is not what it was; {what}");
    }

    private static Dictionary<string, StageRecord> Finished(string run)
        => RunFolder.Peek(run)?.Stages.ToDictionary(stage => stage.Name) ?? [];

    private static string[] Codes(Ddm.Result result)
        => [.. result.Output.Split('\n').Where(line => line.StartsWith("code ", StringComparison.Ordinal))];

    private static string Command(IEnumerable<string> arguments)
        => string.Join(' ', new[] { "dotnet", Path.Combine(AppContext.BaseDirectory, "ddm.dll") }.Concat(arguments)
            .Select(word => $"'{word}'"));

    /// <summary>A folder to mount on, where that is allowed.</summary>
    private string Mounted(string name)
    {
        string folder = files.PathOf("mounted-" + name);
        Directory.CreateDirectory(folder);
        Skip.IfNot(OperatingSystem.IsLinux()
            && Shell($"mount -t tmpfs tmpfs {folder}").Code == 0, "mounting in a namespace of one's own (unshare -m) is not allowed here");
        return folder;
    }

    /// <summary>In a mount namespace of its own: nothing is left mounted.</summary>
    private static Ddm.Result Shell(string script)
    {
        try
        {
            return Ddm.Finish("unshare", ["-m", "sh", "-c", script]);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return new Ddm.Result(-1, "", e.Message);
        }
    }
}
