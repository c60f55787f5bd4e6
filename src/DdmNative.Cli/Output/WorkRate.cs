using System.Diagnostics;

namespace DdmNative.Cli.Output;

/// <summary>
/// Measures the speed of a stage, once some seconds of progress show it. What was finished by the first report does not count: it was
/// there before, or its time is that of the preparation, which says nothing of the rest.
/// </summary>
internal sealed class WorkRate
{
    /// <summary>The time from the first report until the speed is known.</summary>
    internal const double SteadySeconds = 3;

    private readonly Stopwatch _watch = new();
    private (double Done, double Seconds)? _first;
    private double _last;

    /// <summary>Starts a stage.</summary>
    public void Begin()
    {
        _watch.Restart();
        (_first, _last) = (null, 0);
    }

    /// <summary>The time since the stage started.</summary>
    public double Seconds => _watch.Elapsed.TotalSeconds;

    /// <summary>Computes the speed for the amount that is done now.</summary>
    /// <returns>Units per second; 0 if it is not known yet.</returns>
    public double At(double done) => At(done, Seconds);

    /// <summary>The same at a given time of the stage.</summary>
    internal double At(double done, double seconds)
    {
        if (done < _last)
            _first = null; // the next loop of the same stage
        _last = done;
        (double Done, double Seconds) first = _first ??= (done, seconds);
        double elapsed = seconds - first.Seconds;
        return elapsed >= SteadySeconds ? (done - first.Done) / elapsed : 0;
    }
}
