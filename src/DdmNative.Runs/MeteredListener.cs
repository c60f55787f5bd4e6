namespace DdmNative.Runs;

/// <summary>Forwards all progress, and counts finished work for <see cref="RunTelemetry"/>.</summary>
internal sealed class MeteredListener : IRunListener
{
    private readonly IRunListener _outer;
    private string _stage = "";
    private double _done;

    private MeteredListener(IRunListener outer) => _outer = outer;

    /// <summary>Wraps the listener; returns it unchanged if it is metered already, as for a run within a run.</summary>
    public static IRunListener Around(IRunListener listener) => IsMetered(listener) ? listener : new MeteredListener(listener);

    public void Stage(string stage, string title, bool isDone)
    {
        (_stage, _done) = (stage, 0);
        _outer.Stage(stage, title, isDone);
    }

    public void Progress(double done, double total, string unit)
    {
        // In a stage with several loops the count starts from zero with each loop.
        RunTelemetry.Done(_stage, done >= _done ? done - _done : done, unit);
        _done = done;
        _outer.Progress(done, total, unit);
    }

    public void Resumed(double done, string unit)
    {
        _done = done;
        _outer.Resumed(done, unit);
    }

    public void Finished(string stage, double seconds) => _outer.Finished(stage, seconds);

    public void Note(string message) => _outer.Note(message);

    private static bool IsMetered(IRunListener listener)
        => listener is MeteredListener || (listener is NestedListener nested && IsMetered(nested.Outer));
}
