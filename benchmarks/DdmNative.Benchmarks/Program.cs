using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;

// dotnet run -c Release --project benchmarks/DdmNative.Benchmarks -- --filter '*Convolution*' [--job short] [--all-paths]
const string allPaths = "--all-paths";
IConfig config = DefaultConfig.Instance.AddDiagnoser(MemoryDiagnoser.Default);
if (args.Contains(allPaths))
{
    config = config
        .AddJob(Job.Default.WithId("widest").AsBaseline())
        .AddJob(Job.Default.WithId("AVX2")
            .WithEnvironmentVariables(new EnvironmentVariable("DOTNET_EnableAVX512", "0"),
                new EnvironmentVariable("DOTNET_EnableAVX512F", "0")))
        .AddJob(Job.Default.WithId("portable").WithEnvironmentVariable("DOTNET_EnableHWIntrinsic", "0"));
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args.Where(argument => argument != allPaths)], config);
