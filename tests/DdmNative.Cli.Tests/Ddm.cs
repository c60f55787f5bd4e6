using System.Diagnostics;

namespace DdmNative.Cli.Tests;

/// <summary>The program as its users run it: a process of its own.</summary>
internal static class Ddm
{
    /// <summary>A job of a second: small pictures, a small network, every kind of stage.</summary>
    public const string TinyJob = """
        {
          "data": { "source": "generated:classes=3,per-class=24,test-per-class=10,size=8,clusters=2" },
          "network": { "width": 8, "depth": 2 },
          "training": { "batch_size": 16, "epochs": 3 },
          "groups": { "per_class": 2 },
          "matching": { "steps": 3 },
          "attribution": { "methods": ["repair", "replay", "controlled-replay", "push", "forget", "feature", "head", "block:1"] },
          "validation": { "groups": null, "seeds": 2, "calibrate": 3 },
          "unlearning": { "groups": [0, 3] }
        }
        """;

    public sealed record Result(int Code, string Output, string Error);

    /// <summary>Runs to the end.</summary>
    public static Result Run(params string[] arguments) => Run(new Dictionary<string, string>(), arguments);

    /// <summary>Runs to the end, with these environment variables beside the test's own.</summary>
    public static Result Run(Dictionary<string, string> environment, params string[] arguments)
    {
        using Process process = Start(environment, arguments);
        return Finish(process);
    }

    /// <summary>Runs another program to the end, for what only a shell can do to ddm.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static Result Finish(string program, string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        return Finish(process);
    }

    private static Result Finish(Process process)
    {
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Result(process.ExitCode, output, error.Result);
    }

    /// <summary>Starts, for tests that end it themselves.</summary>
    public static Process Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    private static Process Start(Dictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "ddm.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>The files of a run that its job decides: all but those that hold times, and the lock. By path, as bytes.</summary>
    public static Dictionary<string, byte[]> FilesOf(string run)
        => Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories)
            .Select(path => (Name: Path.GetRelativePath(run, path), Path: path))
            .Where(file => Path.GetFileName(file.Name) is not ("run.json" or "report.html" or "evaluation.md" or "evaluation-cost.svg"
                or "run.lock"))
            .ToDictionary(file => file.Name, file => File.ReadAllBytes(file.Path));
}
