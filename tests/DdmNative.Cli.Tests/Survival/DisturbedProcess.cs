using System.Diagnostics;
using System.Globalization;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>One process of ddm that is watched line by line, and killed where that is asked for.</summary>
internal sealed class DisturbedProcess : IDisposable
{
    /// <summary>No job here takes a minute; what takes ten hangs.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Thread _reader;

    public DisturbedProcess(IEnumerable<string> arguments)
    {
        _process = Ddm.Start([.. arguments]);
        _ = _process.StandardOutput.ReadToEndAsync();
        _reader = new Thread(() =>
        {
            while (_process.StandardError.ReadLine() is string line)
            {
                lock (_lines)
                {
                    _lines.Add(line);
                    Monitor.PulseAll(_lines);
                }
            }

            lock (_lines)
            {
                Closed = true;
                Monitor.PulseAll(_lines);
            }
        });
        _reader.Start();
    }

    /// <summary>What it has said so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public double Seconds => _watch.Elapsed.TotalSeconds;

    /// <summary>The stage that began last; null before the first.</summary>
    public string? Stage => Lines.Select(StageOf).LastOrDefault(stage => stage is not null);

    private bool Closed { get; set; }

    /// <summary>The stage that a line says begins: "online:head: attribute by … …".</summary>
    public static string? StageOf(string line)
    {
        int cut = line.IndexOf(": ", StringComparison.Ordinal);
        return line.EndsWith('…') && cut > 0 ? line[..cut] : null;
    }

    /// <summary>Waits until a stage begins; false where the process ended first.</summary>
    public bool WaitFor(string stage)
    {
        lock (_lines)
        {
            while (!_lines.Any(line => StageOf(line) == stage))
            {
                if (Closed)
                    return false;
                Monitor.Wait(_lines);
            }

            return true;
        }
    }

    /// <summary>SIGKILL after so many more seconds; false where the process came to its end first.</summary>
    public bool KillAfter(double seconds)
    {
        if (_process.WaitForExit(TimeSpan.FromSeconds(seconds)))
            return false;
        _process.Kill();
        _process.WaitForExit();
        _reader.Join();
        return _process.ExitCode != 0;
    }

    /// <summary>Lets it come to its end.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="TimeoutException">It hangs.</exception>
    public int Finish()
    {
        if (!_process.WaitForExit(Longest))
        {
            _process.Kill();
            throw new TimeoutException(
                string.Create(CultureInfo.InvariantCulture,
                $"ddm was not done after {Longest}; it said last: {(Lines is [.., string last] ? last : "nothing")}"));
        }

        _reader.Join();
        return _process.ExitCode;
    }

    public void Dispose() => _process.Dispose();
}
