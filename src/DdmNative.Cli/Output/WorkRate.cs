using System.Diagnostics;

namespace DdmNative.Cli.Output;

/// <summary>How fast a stage gets on. What was there before it began, or was found in its first moment, does not count as fast work.</summary>
internal sealed class WorkRate
{
    private const double FirstMoment = 1;

    private readonly Stopwatch _watch = new();
    private (double Done, double Seconds)? _first;
    private double _there, _last;

    /// <summary>A stage begins.</summary>
    public void Begin()
    {
        _watch.Restart();
        (_first, _there, _last) = (null, 0, 0);
    }

    /// <summary>So much was there already.</summary>
    public void Resumed(double done) => _there = done;

    /// <summary>Since the stage began.</summary>
    public double Seconds => _watch.Elapsed.TotalSeconds;

    /// <summary>So much is done by now.</summary>
    /// <returns>Units per second; 0 where nothing can be said yet.</returns>
    public double At(double done) => At(done, Seconds);

    /// <summary>The same, at a moment of the stage.</summary>
    internal double At(double done, double seconds)
    {
        if (done < _last)
            (_first, _there) = ((done, seconds), 0); // the next loop of the same stage
        _last = done;
        (double Done, double Seconds) first = _first ??= (done, seconds);
        double rate = seconds - first.Seconds >= FirstMoment ? (done - first.Done) / (seconds - first.Seconds) : seconds > 0 ? (done - _there) / seconds : 0;
        return Math.Max(0, rate);
    }
}
