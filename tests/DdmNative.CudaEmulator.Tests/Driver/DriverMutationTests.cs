using System.Text;
using DdmNative.CudaEmulator.Tests.Ptx;
using DdmNative.Tests;
using Xunit;
using static DdmNative.CudaEmulator.Tests.Driver.CudaCalls;

namespace DdmNative.CudaEmulator.Tests.Driver;

/// <summary>
/// Damaged modules passed to the driver's own function: it returns a code with a log, or a module. A crash would end the test's process.
/// </summary>
public sealed class DriverMutationTests
{
    private static readonly int Modules = TestScale.Cases(10_000);

    [SkippableFact]
    public void Damaged_modules_are_refused_with_a_log_or_loaded()
    {
        Assert.Equal(Success, CreateContext(out nint context));
        string[] samples = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Ptx", "Samples"), "*.ptx").Order()
            .Select(File.ReadAllText)];
        int refused = 0;
        for (int seed = 0; seed < Modules; seed++)
        {
            int result = LoadModule(Encoding.UTF8.GetBytes(PtxMutationTests.Damaged(new Random(seed), samples)), out nint module,
                out string log);
            if (result == Success)
            {
                Assert.True(UnloadModule(module) == Success, $"seed {seed}: the module cannot be unloaded");
                continue;
            }

            refused++;
            Assert.True(result is InvalidPtx or NoBinary or OutOfMemory or 200, $"seed {seed}: code {result}, {log}");
            Assert.True(log.Length > 0, $"seed {seed}: no log for code {result}");
        }

        Assert.InRange(refused, Modules / 2, Modules - 1);
        Assert.Equal(Success, DestroyContext(context));
    }
}
