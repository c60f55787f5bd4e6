using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Programs;

/// <summary>Compiles the programs of this folder to PTX with the installed clang, each once per optimisation level.</summary>
internal static class ClangCompiler
{
    private static readonly ConcurrentDictionary<(string, string), Lazy<string>> Compiled = new();

    private static readonly Lazy<string?> Clang = new(
        () => Enumerable.Range(16, 10).Reverse().Select(version => $"clang-{version}").Append("clang")
        .FirstOrDefault(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, name)))));

    public static string Compile(string program, string optimisation)
    {
        Skip.If(Clang.Value is null, "No clang (16 or newer) on the PATH to compile CUDA.");
        return Compiled.GetOrAdd((program, optimisation), _ => new(() => Run(program, optimisation))).Value;
    }

    private static string Run(string program, string optimisation)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Programs", $"{program}.cu");
        ProcessStartInfo start = new(Clang.Value!) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["-x", "cuda", "--cuda-device-only", "--cuda-gpu-arch=sm_80", "--cuda-feature=+ptx78",
            "-nocudainc", "-nocudalib", "-std=c++17", "-gline-tables-only", "-S", optimisation, source, "-o", "-"])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}.cu: {errors.Result}");
        return text;
    }
}
