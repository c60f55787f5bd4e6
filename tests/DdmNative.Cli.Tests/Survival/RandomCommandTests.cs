using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using DdmNative.Tests;
using Xunit;
using Xunit.Abstractions;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>
/// Command lines drawn at random, on paths of every kind: each ends, in an exit code that says what is wrong with the line, the input or
/// the output and never with a fault of ddm's own, in words that
/// no terminal obeys, and changes nothing but what it was told to write. <c>DDMTEST_COMMANDS</c> says how many are drawn,
/// <c>DDMTEST_COMMAND_SEED</c> from which seed on; a failure names the seed of its own.
/// </summary>
[Collection(DisturbedCommands.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class RandomCommandTests(RunFiles files, ITestOutputHelper output)
{
    /// <summary>The exit code of a process that SIGINT ends: 128 and the number of the signal.</summary>
    private const int DiedOfInterrupt = 128 + 2;

    /// <summary>A command that is still at work after so long is asked to stop.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A command that has not stopped so long after it was asked to hangs, however busy the machine is.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private static readonly int[] Expected = [ExitCode.Done, ExitCode.BadUsage, ExitCode.BadInput, ExitCode.DiskTrouble];

    private readonly ConcurrentFaults _faults = new();

    [SkippableFact]
    public void Whatever_the_command_line_is_it_ends_in_a_code_that_says_why()
    {
        Skip.If(OperatingSystem.IsWindows(), "there are no such pipes, devices and rights");
        int count = TestScale.Number("DDMTEST_COMMANDS", 64), first = TestScale.Number("DDMTEST_COMMAND_SEED", 1);
        string run = files.PathOf("small");
        Ddm.Result made = Ddm.Run("attribute", "--run", run, "--data", CommandWorld.Data, "--clusters", "2", "--depth", "head",
            "--threads", "1");
        Assert.True(made.Code == ExitCode.Done, made.Error);

        Parallel.For(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed => Try(seed, run));

        SurvivalLog.Write(output, $"{count} commands from seed {first} on; exit codes: {_faults.Codes}");
        Assert.True(_faults.All.Count == 0, string.Join("\n\n", _faults.All));
    }

    private void Try(int seed, string run)
    {
        var command = new RandomCommand(seed);
        using var world = new CommandWorld(files.PathOf($"world-{seed}"), run);
        (int? code, string text) = Run(command, world.Root, Patience);
        // On a busy machine a command may be asked to stop before it is ready to answer: it is then given more time.
        for (int patience = 2; code == DiedOfInterrupt && patience <= 8; patience *= 2)
            (code, text) = Run(command, world.Root, patience * Patience);
        string? fault = code is null ? "hangs"
            : !Expected.Contains(code.Value) && code != ExitCode.Interrupted ? $"ends in exit code {code}"
            : text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')) ? "prints control characters"
            : text.Contains("   at DdmNative.", StringComparison.Ordinal) ? "prints a stack trace"
            : code is not (ExitCode.Done or ExitCode.Interrupted) && text.Trim().Length == 0 ? "says nothing"
            : world.Changes(command.Writes) is { Count: > 0 } changes ? "changes " + string.Join("; ", changes)
            : null;
        _faults.Add(code, fault is null ? null : $"Seed {seed.ToString(CultureInfo.InvariantCulture)} {fault}: {command}\n{text}");
    }

    /// <summary>The exit code, null where the command hangs; and all that it said.</summary>
    private static (int? Code, string Text) Run(RandomCommand command, string folder, TimeSpan patience)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ddm.dll"),
            .. command.Arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
            WorkingDirectory = folder };
        start.Environment["DDM_THREADS"] = "1";
        start.Environment["DDM_DATA"] = Path.Combine(folder, "..", "cache");
        start.Environment["HOME"] = folder;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> said = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(patience))
        {
            Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
            if (!process.WaitForExit(Longest))
            {
                process.Kill();
                process.WaitForExit();
                return (null, error.Result);
            }
        }

        return (process.ExitCode, said.Result + error.Result);
    }

    /// <summary>What several commands at a time have come to.</summary>
    private sealed class ConcurrentFaults
    {
        private readonly Lock _adding = new();
        private readonly SortedDictionary<int, int> _codes = [];

        public List<string> All { get; } = [];

        /// <summary>How often each code came.</summary>
        public string Codes => string.Join(", ", _codes.Select(code => $"{code.Key} × {code.Value}"));

        public void Add(int? code, string? fault)
        {
            lock (_adding)
            {
                _codes[code ?? -1] = _codes.GetValueOrDefault(code ?? -1) + 1;
                if (fault is not null)
                    All.Add(fault);
            }
        }
    }
}
