using System.Globalization;
using System.Text.Json;
using Xunit.Abstractions;

namespace DdmNative.GpuCheck;

/// <summary>What the tests came to, as they end. Tests of several threads may report at once.</summary>
internal sealed class TestResults
{
    /// <summary>Failures that are printed whole; all of them are written to the file.</summary>
    private const int MostPrinted = 12;

    private static readonly JsonSerializerOptions Style = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true,
    };

    private readonly Lock _gate = new();
    private readonly List<Failure> _failures = [];
    private readonly SortedDictionary<string, int> _skipped = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ClassTotal> _classes = new(StringComparer.Ordinal);

    public int Passed { get; private set; }

    public int Failed => _failures.Count;

    public int Skipped => _skipped.Values.Sum();

    /// <summary>Takes a message of xunit's; those that tell nothing of a result are let go.</summary>
    public void Add(IMessageSinkMessage message)
    {
        lock (_gate)
        {
            switch (message)
            {
                case ITestPassed test:
                    Passed++;
                    Count(test, passed: 1, failed: 0);
                    break;
                case ITestFailed test:
                    Count(test, passed: 0, failed: 1);
                    Fail(test.Test.DisplayName, test);
                    break;
                case ITestSkipped test:
                    _skipped[test.Reason] = _skipped.GetValueOrDefault(test.Reason) + 1;
                    break;
                case IErrorMessage or ITestClassCleanupFailure or ITestCollectionCleanupFailure or ITestAssemblyCleanupFailure:
                    Fail(message.GetType().Name, (IFailureInformation)message);
                    break;
            }
        }
    }

    /// <summary>A line for each class and each reason for skipping, then the sum.</summary>
    public void Write(TextWriter output)
    {
        lock (_gate)
        {
            foreach ((string name, ClassTotal total) in _classes)
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{name,-60} {total.Passed,6} passed {total.Failed,5} failed {total.Seconds,8:0.0} s"));
            }
            foreach ((string reason, int count) in _skipped)
                output.WriteLine($"skipped {count}: {reason}");
            output.WriteLine($"{Passed} passed, {Failed} failed, {Skipped} skipped");
        }
    }

    /// <summary>The same for machines, with every failure.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ended">Whether all tests came to an end.</param>
    /// <param name="seconds">What it took.</param>
    public void WriteJson(string path, bool ended, double seconds)
    {
        lock (_gate)
        {
            var all = new
            {
                Passed, Failed, Skipped, Ended = ended, Seconds = seconds,
                SkippedBecause = _skipped, Classes = _classes, Failures = _failures,
            };
            File.WriteAllText(path, JsonSerializer.Serialize(all, Style) + "\n");
        }
    }

    private void Count(ITestResultMessage test, int passed, int failed)
    {
        string name = test.TestClass.Class.Name;
        ClassTotal old = _classes.GetValueOrDefault(name) ?? new ClassTotal(0, 0, 0);
        _classes[name] = new ClassTotal(old.Passed + passed, old.Failed + failed, old.Seconds + (double)test.ExecutionTime);
    }

    private void Fail(string name, IFailureInformation information)
    {
        string text = string.Join(" / ", information.Messages);
        _failures.Add(new Failure(name, text));
        if (_failures.Count <= MostPrinted)
            Console.Out.WriteLine($"FAIL {name}\n     {text}");
    }

    private sealed record Failure(string Name, string Message);

    private sealed record ClassTotal(int Passed, int Failed, double Seconds);
}
