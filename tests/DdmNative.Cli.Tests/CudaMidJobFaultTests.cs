using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using DdmNative.Compute.Cuda;
using DdmNative.Runs.Folders;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>
/// A CUDA device that fails in the middle of a job: ddm says what happened with the exit code for it, what was finished stays as it was,
/// and the same command, given again, comes to the files of a job that nothing disturbed, bit by bit. Needs a C compiler and a device, or
/// the emulator by <c>DDM_CUDA_DRIVER</c>; skipped with the reason where either is missing.
/// </summary>
[Collection(CudaCommands.Name)]
public sealed partial class CudaMidJobFaultTests(RunFiles files)
{
    /// <summary>The job as it is without faults, and how often it calls the driver: made by the first test that asks.</summary>
    private static (string Run, Dictionary<string, int> Calls)? _undisturbed;

    [SkippableTheory]
    [InlineData("cuMemAlloc_v2", 0.5, 2, FaultLasting.ThisCall, ExitCode.OutOfMemory, "Device cuda:0 cannot allocate another")]
    [InlineData("cuMemAlloc_v2", 0.9, 2, FaultLasting.ThisCall, ExitCode.OutOfMemory, "Device cuda:0 cannot allocate another")]
    [InlineData("cuGraphInstantiateWithFlags", 0.5, 2, FaultLasting.Once, ExitCode.OutOfMemory,
        "cuGraphInstantiate failed: CUDA_ERROR_OUT_OF_MEMORY (2)")]
    [InlineData("cuGraphLaunch", 0.3, 700, FaultLasting.EveryCall, ExitCode.DeviceTrouble,
        "cuGraphLaunch failed: CUDA_ERROR_ILLEGAL_ADDRESS (700)")]
    [InlineData("cuGraphLaunch", 0.7, 719, FaultLasting.EveryCall, ExitCode.DeviceTrouble,
        "cuGraphLaunch failed: CUDA_ERROR_LAUNCH_FAILED (719)")]
    [InlineData("cuLaunchKernel", 0.6, 702, FaultLasting.EveryCall, ExitCode.DeviceTrouble, "CUDA_ERROR_LAUNCH_TIMEOUT (702)")]
    [InlineData("cuStreamSynchronize", 0.7, 700, FaultLasting.EveryCall, ExitCode.DeviceTrouble,
        "cuStreamSynchronize failed: CUDA_ERROR_ILLEGAL_ADDRESS (700)")]
    [InlineData("cuMemcpyHtoDAsync_v2", 0.6, 214, FaultLasting.EveryCall, ExitCode.DeviceTrouble, "cuMemcpyHtoDAsync (")]
    public void A_fault_has_its_exit_code_and_the_job_goes_on_to_the_same_bits(string call, double share, int result, FaultLasting lasting,
    int code, string says)
    {
        (InterposedCudaDriver driver, string whole, Dictionary<string, int> calls) = Undisturbed();
        string run = NewRun();

        Ddm.Result failed = Run(run, driver.Failing(call, 1 + (int)(share * (calls[call] - 1)), result, lasting));

        AssertFailed(failed, code, says);
        AssertPartOf(whole, run);
        AssertGoesOn(whole, run, driver.Passing());
    }

    /// <summary>What the cache of freed memory holds is given back, and the driver is asked again.</summary>
    [SkippableFact]
    public void Memory_that_is_refused_once_costs_no_job()
    {
        (InterposedCudaDriver driver, string whole, Dictionary<string, int> calls) = Undisturbed();
        string run = NewRun();

        Ddm.Result result = Run(run, driver.Failing("cuMemAlloc_v2", 1 + calls["cuMemAlloc_v2"] * 4 / 5, 2, FaultLasting.Once));

        Assert.True(result.Code == ExitCode.Done, result.Error);
        WholeRunTests.AssertSameFiles(whole, run);
    }

    /// <summary>
    /// A device whose memory is a little less than the job takes: the message says how much is missing and what lowers it, and that does.
    /// </summary>
    [SkippableFact]
    public void With_the_smaller_waves_that_the_message_advises_the_job_fits_and_has_the_same_bits()
    {
        (InterposedCudaDriver driver, string whole, _) = Undisturbed();
        CudaMachine.RequireEmulator();
        (string run, Ddm.Result failed, Dictionary<string, string> environment) = ("", new(ExitCode.Done, "", ""), []);
        // In bytes: too little, and enough.
        (long less, long more) = (500_000, 2_000_000);
        while (more - less > 100_000)
        {
            (long memory, string folder) = ((less + more) / 2, NewRun());
            Dictionary<string, string> limited = new(
                driver.Passing()) { ["DDM_CUDA_EMULATOR_MEMORY"] = memory.ToString(CultureInfo.InvariantCulture) };
            Ddm.Result result = Run(folder, limited);
            if (result.Code == ExitCode.Done)
                more = memory;
            else
                (less, run, failed, environment) = (memory, folder, result, limited);
        }

        AssertFailed(failed, ExitCode.OutOfMemory, "Device cuda:0 cannot allocate another");
        Assert.Matches(
            @"cannot allocate another \d+\.\d MiB \(\d+\.\d MiB in use by this run, \d+\.\d of \d+\.\d MiB free\)\. "
            + @"Lower the ensemble's wave size \(--wave\)", failed.Error);
        AssertPartOf(whole, run);
        Ddm.Result smaller = Ddm.Run(environment, "run", CudaMachine.WriteJob(files), "--run", run, "--device", "cuda:0", "--threads", "1",
            "--quiet", "--wave", "1");
        Assert.True(smaller.Code == ExitCode.Done, smaller.Error);
        WholeRunTests.AssertSameFiles(whole, run);
    }

    [SkippableFact]
    public void A_driver_that_is_gone_when_the_job_is_taken_up_again_touches_nothing()
    {
        (InterposedCudaDriver driver, string whole, Dictionary<string, int> calls) = Undisturbed();
        string run = HalfRun(driver, calls), corrupt = files.PathOf("cut-short.ptx");
        Dictionary<string, byte[]> before = Everything(run);
        string ptx = Kernels()["sm_80/sgd.ptx"];
        File.WriteAllText(corrupt, ptx[..(ptx.Length / 2)]);

        AssertFailed(Run(run, new() { ["DDM_CUDA_DRIVER"] = "/nowhere/libcuda.so.1" }), ExitCode.DeviceTrouble,
            "DDM_CUDA_DRIVER names /nowhere/libcuda.so.1, which does not exist");
        AssertFailed(Run(run, driver.Failing("cuInit", 1, 999, FaultLasting.Once)), ExitCode.DeviceTrouble,
            "cuInit failed with CUDA_ERROR_UNKNOWN (999)");
        AssertFailed(Run(run, driver.Failing("cuMemHostAlloc", 1, 2, FaultLasting.Once)), ExitCode.OutOfMemory, "cuMemHostAlloc");
        Ddm.Result damaged = Run(run, new(driver.Passing()) { ["DDM_CUDA_PTX"] = corrupt });
        AssertFailed(damaged, ExitCode.DeviceTrouble, "cuModuleLoadDataEx of the kernels in cut-short failed: CUDA_ERROR_INVALID_PTX " +
            "(218)");
        Assert.Contains("line", damaged.Error, StringComparison.Ordinal);

        Dictionary<string, byte[]> after = Everything(run);
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        Assert.All(before, file => Assert.True(file.Value.AsSpan().SequenceEqual(after[file.Key]), file.Key + " was touched"));
        AssertGoesOn(whole, run, driver.Passing());
    }

    /// <summary>A true fault: the kernel stops the device's work, and the driver refuses the context from then on.</summary>
    [SkippableFact]
    public void A_kernel_that_traps_is_4_and_sound_kernels_go_on_from_the_stage_before()
    {
        (InterposedCudaDriver driver, string whole, _) = Undisturbed();
        string run = NewRun(), folder = files.PathOf("trapping");
        foreach ((string module, string ptx) in Kernels())
        {
            string file = Path.Combine(folder, module);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, FirstLoadOfDistance().Replace(ptx, "$1\n\ttrap;\n\t", 1));
        }

        Ddm.Result failed = Run(run, new(driver.Passing()) { ["DDM_CUDA_PTX"] = folder });

        AssertFailed(failed, ExitCode.DeviceTrouble, "CUDA_ERROR_");
        AssertPartOf(whole, run);
        Assert.True(File.Exists(Path.Combine(run, "target.safetensors")), "the training, which has no distances, was lost");
        AssertGoesOn(whole, run, driver.Passing());
    }

    /// <summary>
    /// A module is compiled when one of its kernels is first used, here after the training: the message names it and has the compiler's
    /// log.
    /// </summary>
    [SkippableFact]
    public void A_damaged_module_is_4_when_its_turn_comes_and_what_was_finished_stays()
    {
        (InterposedCudaDriver driver, string whole, _) = Undisturbed();
        string run = NewRun(), folder = files.PathOf("damaged-module");
        Directory.CreateDirectory(folder);
        foreach ((string module, string ptx) in Kernels().Where(module => module.Key.StartsWith("sm_80/", StringComparison.Ordinal)))
            File.WriteAllText(
                Path.Combine(folder, Path.GetFileName(module)), module.EndsWith("/gradient_distance_relative.ptx", StringComparison.Ordinal)
                    ? ptx.Replace("\tret;", "\trot;", StringComparison.Ordinal) : ptx);

        Ddm.Result failed = Run(run, new(driver.Passing()) { ["DDM_CUDA_PTX"] = folder });

        AssertFailed(failed, ExitCode.DeviceTrouble, "cuModuleLoadDataEx of the kernels in gradient_distance_relative failed: " +
            "CUDA_ERROR_INVALID_PTX (218)");
        Assert.Contains("rot", failed.Error, StringComparison.Ordinal);
        AssertPartOf(whole, run);
        Assert.True(File.Exists(Path.Combine(run, "target.safetensors")), "the training, which has no distances, was lost");
        AssertGoesOn(whole, run, driver.Passing());
    }

    /// <summary>
    /// What nobody foresaw, here counters that are no JSON, is told apart from a device's trouble, with what a report of it needs.
    /// </summary>
    [SkippableFact]
    public void A_fault_that_nobody_foresaw_is_1()
    {
        InterposedCudaDriver driver = Driver();

        Ddm.Result result = Ddm.Run(new Dictionary<string, string>(driver.Passing()) { ["FAULT_REPORT"] = "1" }, "profile",
            CudaMachine.WriteJob(files), "--device", "cuda", "--rounds", "1");

        Assert.True(result.Code == ExitCode.InternalFault, $"exit code {result.Code}: {result.Error}");
        Assert.Contains("ddm: a bug in ddm, please report it: System.Text.Json.Json", result.Error, StringComparison.Ordinal);
    }

    /// <summary>A driver between ddm and the device's, the undisturbed job's folder, and the job's calls of the driver.</summary>
    private (InterposedCudaDriver Driver, string Run, Dictionary<string, int> Calls) Undisturbed()
    {
        InterposedCudaDriver driver = Driver();
        if (_undisturbed is null)
        {
            (string run, string counts) = (NewRun(), files.PathOf("driver-calls"));
            Ddm.Result result = Run(run, driver.Passing(counts));
            Assert.True(result.Code == ExitCode.Done, result.Error);
            _undisturbed = (run, InterposedCudaDriver.Counts(counts));
        }

        return (driver, _undisturbed.Value.Run, _undisturbed.Value.Calls);
    }

    private InterposedCudaDriver Driver()
    {
        CudaMachine.RequireDevice();
        InterposedCudaDriver? driver = InterposedCudaDriver.Build(files.PathOf("interposed-" + Path.GetRandomFileName()));
        Skip.If(driver is null, "The driver in between is compiled with cc on Linux, and stands before a driver that is a file; one of "
            + "them this machine has not.");
        return driver!;
    }

    /// <summary>The job, ended by a fault half way.</summary>
    private string HalfRun(InterposedCudaDriver driver, Dictionary<string, int> calls)
    {
        string run = NewRun();
        Ddm.Result failed = Run(run, driver.Failing("cuGraphLaunch", 1 + calls["cuGraphLaunch"] / 2, 719, FaultLasting.EveryCall));
        Assert.True(failed.Code == ExitCode.DeviceTrouble, failed.Error);
        return run;
    }

    private Ddm.Result Run(string run, Dictionary<string, string> environment)
        => Ddm.Run(environment, "run", CudaMachine.WriteJob(files), "--run", run, "--device", "cuda:0", "--threads", "1", "--quiet");

    private string NewRun() => files.PathOf("fault-" + Path.GetRandomFileName());

    /// <summary>One message on standard error that tells the fault, and no result on standard output.</summary>
    private static void AssertFailed(Ddm.Result result, int code, string says)
    {
        Assert.True(result.Code == code, $"exit code {result.Code}: {result.Error}");
        string message = Assert.Single(result.Error.Split('\n'), line => line.StartsWith("ddm: ", StringComparison.Ordinal));
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    /// <summary>
    /// Some stages are finished and not all; each file that is there is whole, and that of the undisturbed job, but for what the stage
    /// under way has kept to go on from, which is gone when it is done.
    /// </summary>
    private static void AssertPartOf(string whole, string run)
    {
        int finished = RunFolder.Peek(run)!.Stages.Count;
        Assert.InRange(finished, 1, RunFolder.Peek(whole)!.Stages.Count - 1);
        Dictionary<string, byte[]> expected = Ddm.FilesOf(whole);
        Dictionary<string, byte[]> found = Ddm.FilesOf(run).Where(file => !file.Key.Contains(".partial/", StringComparison.Ordinal))
            .ToDictionary();
        Assert.NotEmpty(found);
        Assert.All(found, file =>
            Assert.True(expected.TryGetValue(file.Key, out byte[]? bytes)
            && file.Value.AsSpan().SequenceEqual(bytes), file.Key + " is not as it should be"));
    }

    private void AssertGoesOn(string whole, string run, Dictionary<string, string> environment)
    {
        Ddm.Result result = Run(run, environment);
        Assert.True(result.Code == ExitCode.Done, result.Error);
        WholeRunTests.AssertSameFiles(whole, run);
    }

    private static Dictionary<string, byte[]> Everything(string run)
        => Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "run.lock")
            .ToDictionary(path => path, File.ReadAllBytes);

    /// <summary>This build's kernels, module by module: <c>sm_80/sgd.ptx</c>.</summary>
    private static Dictionary<string, string> Kernels()
    {
        Assembly assembly = typeof(CudaDevice).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.EndsWith(".ptx", StringComparison.Ordinal)).ToDictionary(name => name,
            name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        });
    }

    [GeneratedRegex(@"(\.entry gradient_distance_sums_relative\([^{]*\{.*?\n)(?=\tld\.param)", RegexOptions.Singleline)]
    private static partial Regex FirstLoadOfDistance();
}
