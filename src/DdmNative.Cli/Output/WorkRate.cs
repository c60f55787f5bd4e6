using System.Diagnostics;

namespace DdmNative.Cli.Output;

/// <summary>
/// Measures the speed of a stage. Work that was finished before the stage started, or was found finished in its first moment, does not
/// count.
/// </summary>
internal sealed class WorkRate
{
    private const double FirstMoment = 1;

    private readonly Stopwatch _watch = new();
    private (double Done, double Seconds)? _first;
    private double _there, _last;

    /// <summary>Starts a stage.</summary>
    public void Begin()
    {
        _watch.Restart();
        (_first, _there, _last) = (null, 0, 0);
    }

    /// <summary>Sets the amount that was finished before the start.</summary>
    public void Resumed(double done) => _there = done;

    /// <summary>The time since the stage started.</summary>
    public double Seconds => _watch.Elapsed.TotalSeconds;

    /// <summary>Computes the speed for the amount that is done now.</summary>
    /// <returns>Units per second; 0 if it cannot be computed yet.</returns>
    public double At(double done) => At(done, Seconds);

    /// <summary>The same at a given time of the stage.</summary>
    internal double At(double done, double seconds)
    {
        if (done < _last)
            (_first, _there) = ((done, seconds), 0); // the next loop of the same stage
        _last = done;
        (double Done, double Seconds) first = _first ??= (done, seconds);
        double rate = seconds - first.Seconds >= FirstMoment
            ? (done - first.Done) / (seconds - first.Seconds) : seconds > 0 ? (done - _there) / seconds : 0;
        return Math.Max(0, rate);
    }
}
