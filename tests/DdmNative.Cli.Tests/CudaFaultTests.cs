using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>What users are told, and with which exit code, when a CUDA device is not available or fails.</summary>
[Collection(CudaCommands.Name)]
public sealed class CudaFaultTests(RunFiles files)
{
    [Fact]
    public void A_driver_that_is_not_where_it_is_said_to_be_is_named()
        => Expect(ExitCode.DeviceTrouble, "DDM_CUDA_DRIVER names /nowhere/libcuda.so.1, which does not exist",
            new() { ["DDM_CUDA_DRIVER"] = "/nowhere/libcuda.so.1" });

    [Fact]
    public void A_file_that_is_no_library_is_named()
    {
        string file = files.PathOf("text.so");
        File.WriteAllText(file, "no library");

        Expect(ExitCode.DeviceTrouble, "which is no library", new() { ["DDM_CUDA_DRIVER"] = file });
    }

    [SkippableTheory]
    [InlineData("FAULT_INIT", "100", "finds no NVIDIA GPU (CUDA_ERROR_NO_DEVICE)")]
    [InlineData("FAULT_INIT", "999", "cuInit failed with CUDA_ERROR_UNKNOWN (999)")]
    [InlineData("FAULT_VERSION", "11040", "it supports CUDA 11.4; 11.8 or later is needed")]
    [InlineData("FAULT_COUNT", "0", "finds no NVIDIA GPU")]
    [InlineData("FAULT_CAPABILITY", "7", "has compute capability 7.0; the kernels need 8.0")]
    public void A_driver_or_device_that_will_not_do_is_4(string variable, string value, string says)
        => Expect(ExitCode.DeviceTrouble, says, new() { ["DDM_CUDA_DRIVER"] = Driver(), [variable] = value });

    [SkippableFact]
    public void Kernels_that_do_not_compile_are_4_with_the_compilers_log()
    {
        string ptx = files.PathOf("corrupt.ptx");
        File.WriteAllText(ptx, "this is no PTX");

        Ddm.Result result = Expect(ExitCode.DeviceTrouble, "CUDA_ERROR_INVALID_PTX (218)",
            new() { ["DDM_CUDA_DRIVER"] = Driver(), ["DDM_CUDA_PTX"] = ptx });

        Assert.Contains("ptxas fatal: Missing .version directive", result.Error, StringComparison.Ordinal);
        Assert.Contains("of the kernels in corrupt failed", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Running_out_of_memory_is_5_and_the_run_goes_on_elsewhere()
    {
        string ptx = files.PathOf("empty.ptx"), run = files.PathOf("out-of-memory");
        File.WriteAllText(ptx, ".version 7.8");
        string[] train = ["train", "--run", run, "--data", "generated:classes=2,per-class=8,size=8", "--width", "8", "--depth", "2",
            "--epochs", "1", "--quiet"];

        Ddm.Result failed = Ddm.Run(new Dictionary<string, string> { ["DDM_CUDA_DRIVER"] = Driver(), ["DDM_CUDA_PTX"] = ptx },
            [.. train, "--device", "cuda"]);

        Assert.True(failed.Code == ExitCode.OutOfMemory, failed.Error);
        Assert.Contains("Device cuda:0 cannot allocate another", failed.Error, StringComparison.Ordinal);
        Assert.Contains("--wave", failed.Error, StringComparison.Ordinal);
        Ddm.Result resumed = Ddm.Run(train);
        Assert.True(resumed.Code == ExitCode.Done, resumed.Error);
        Assert.True(File.Exists(Path.Combine(run, "target.safetensors")));
    }

    [SkippableFact]
    public void The_list_of_devices_tells_what_a_device_is_or_why_there_is_none()
    {
        string driver = Driver();

        Ddm.Result there = Ddm.Run(new Dictionary<string, string> { ["DDM_CUDA_DRIVER"] = driver }, "devices");
        Ddm.Result none = Ddm.Run(new Dictionary<string, string> { ["DDM_CUDA_DRIVER"] = driver, ["FAULT_INIT"] = "100" }, "devices");

        Assert.Matches("(?m)^cuda:0 +Faulty GPU, compute capability 8\\.0", there.Output);
        Assert.Contains("driver for CUDA 12.2", there.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, none.Code);
        Assert.Contains("CUDA_ERROR_NO_DEVICE", none.Error, StringComparison.Ordinal);
    }

    private string Driver()
    {
        string? driver = OperatingSystem.IsLinux() ? FaultyCudaDriver.Build(files.PathOf("driver-" + Path.GetRandomFileName())) : null;
        Skip.If(driver is null, "The faulty driver is compiled with cc on Linux, which this machine has not.");
        return driver!;
    }

    private Ddm.Result Expect(int code, string says, Dictionary<string, string> environment)
    {
        string run = files.PathOf("none-" + Path.GetRandomFileName());

        Ddm.Result result = Ddm.Run(environment, "train", "--run", run, "--data", "generated", "--device", "cuda");

        Assert.True(result.Code == code, $"exit code {result.Code}: {result.Error}");
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.False(Directory.Exists(run), "a run folder was made for nothing");
        return result;
    }
}
