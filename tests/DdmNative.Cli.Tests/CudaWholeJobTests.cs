using System.Text.Json;
using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>
/// A whole small job (train, distil, attribute) on the CUDA device that <c>DDM_CUDA_DRIVER</c> or the machine gives; skipped with the
/// reason where there is none.
/// </summary>
[Collection(CudaCommands.Name)]
public sealed class CudaWholeJobTests(RunFiles files)
{
    /// <summary>
    /// Effects are differences of losses after a training, a matching and an online descent of float32 steps in another order of sums.
    /// </summary>
    private const double Tolerance = 1e-2;

    [SkippableFact]
    public void It_agrees_with_the_cpu_device_and_repeats_its_bits()
    {
        string cuda = Device();

        double[] expected = Matrix("small-cpu", "cpu"), first = Matrix("small-cuda", cuda), second = Matrix("small-again", cuda);

        Assert.Equal(first, second);
        AssertClose(expected, first);
    }

    [SkippableFact]
    public void Devices_that_share_the_ensemble_write_the_bits_of_one()
    {
        string cuda = Device();
        Skip.If(CudaMachine.Count < 2, "There is one CUDA device alone; an emulator gives more with DDM_CUDA_EMULATOR_DEVICES.");

        Assert.Equal(Matrix("one", cuda), Matrix("shared", "cuda:0,1"));
    }

    [SkippableFact]
    public void Its_end_tells_the_most_device_memory_that_was_taken()
    {
        string cuda = Device();

        Ddm.Result result = Run("high-water", cuda);

        Assert.True(result.Code == ExitCode.Done, result.Error);
        Assert.Matches(@"cuda:0: \d+\.\d MiB of device memory at peak", result.Error);
    }

    [SkippableFact]
    public void A_profile_names_its_kernels_with_their_times_and_what_their_ptx_tells()
    {
        string cuda = Device(), job = CudaMachine.WriteJob(files);

        Ddm.Result result = Ddm.Run("profile", job, "--device", cuda, "--rounds", "1", "--json");

        Assert.True(result.Code == ExitCode.Done, result.Error);
        using var printed = JsonDocument.Parse(result.Output);
        JsonElement[] loops = [.. printed.RootElement.GetProperty("loops").EnumerateArray()];
        Assert.Equal(5, loops.Length);
        Assert.All(loops, loop =>
            Assert.Contains(loop.GetProperty("kernels").EnumerateArray(),
            kernel => kernel.GetProperty("kernel").GetString()!.StartsWith("convolution_correlate", StringComparison.Ordinal)));
        Assert.Contains(printed.RootElement.GetProperty("kernels").EnumerateArray(), kernel => kernel.GetProperty("fma").GetInt32() > 0);
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        double error = Math.Sqrt(expected.Zip(actual, (a, b) => (a - b) * (a - b)).Sum()),
            norm = Math.Sqrt(expected.Sum(value => value * value));
        Assert.True(error <= Tolerance * norm, $"error {error:E2} of norm {norm:E2}");
    }

    /// <summary>The first device, if this machine has one on which kernels run.</summary>
    private static string Device()
    {
        CudaMachine.RequireDevice();
        return "cuda:0";
    }

    private double[] Matrix(string run, string device)
    {
        Ddm.Result result = Run(run, device);
        Assert.True(result.Code == ExitCode.Done, result.Error);
        return Npz.Read(Path.Combine(files.PathOf(run), "attribution.npz")).Elements<double>("matrix");
    }

    private Ddm.Result Run(string run, string device)
        => Ddm.Run("run", CudaMachine.WriteJob(files), "--run", files.PathOf(run), "--device", device, "--threads", "1");
}
