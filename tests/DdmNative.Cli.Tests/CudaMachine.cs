using System.Text.Json;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>
/// The CUDA devices that <c>DDM_CUDA_DRIVER</c> or the machine gives, and a job that is small enough for an emulated one.
/// </summary>
internal static class CudaMachine
{
    public const string SmallJob = """
        {
          "data": { "source": "generated:classes=2,per-class=12,test-per-class=6,size=8,clusters=2" },
          "network": { "width": 8, "depth": 2 },
          "training": { "batch_size": 12, "epochs": 2 },
          "groups": { "per_class": 2 },
          "matching": { "steps": 3 },
          "attribution": { "methods": ["repair"] }
        }
        """;

    private static readonly Lazy<(int Count, string Trouble)> Devices = new(Look);

    /// <summary>How many CUDA devices there are.</summary>
    public static int Count => Devices.Value.Count;

    /// <summary>Skips the test, with the reason, where this machine has no device on which kernels run.</summary>
    public static void RequireDevice() => Skip.If(Devices.Value.Trouble.Length > 0, Devices.Value.Trouble);

    /// <summary>Skips the test where the device is a true one, which counts nothing and has the memory that it has.</summary>
    public static void RequireEmulator()
    {
        RequireDevice();
        Skip.If(!Ddm.Run("devices").Output.Contains("emulator", StringComparison.OrdinalIgnoreCase),
            "The CUDA device is a true one; this test needs the emulator.");
    }

    /// <summary>The job as a file.</summary>
    public static string WriteJob(RunFiles files)
    {
        string job = files.PathOf("small.json");
        File.WriteAllText(job, SmallJob);
        return job;
    }

    private static (int Count, string Trouble) Look()
    {
        Ddm.Result listed = Ddm.Run("devices", "--json");
        using var devices = JsonDocument.Parse(listed.Output);
        int count = devices.RootElement.GetProperty("devices").EnumerateArray()
            .Count(device => device.GetProperty("name").GetString()!.StartsWith("cuda:", StringComparison.Ordinal));
        if (count == 0)
            return (0, "There is no CUDA device: " + Ddm.Run("devices").Error.Trim());
        string job = Path.GetTempFileName();
        try
        {
            File.WriteAllText(job, SmallJob);
            Ddm.Result probe = Ddm.Run("profile", job, "--device", "cuda", "--rounds", "1");
            return (count, probe.Error.Contains("contains no CUDA kernels", StringComparison.Ordinal) ? probe.Error : "");
        }
        finally
        {
            File.Delete(job);
        }
    }
}
