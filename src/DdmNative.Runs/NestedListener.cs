namespace DdmNative.Runs;

/// <summary>Tells of a run within a run: its stages under the inner run's name.</summary>
internal sealed class NestedListener(string run, IRunListener outer) : IRunListener
{
    /// <summary>Who hears of it.</summary>
    public IRunListener Outer => outer;

    public void Stage(string stage, string title, bool isDone) => outer.Stage($"{run}/{stage}", title, isDone);

    public void Progress(double done, double total, string unit) => outer.Progress(done, total, unit);

    public void Resumed(double done, string unit) => outer.Resumed(done, unit);

    public void Finished(string stage, double seconds) => outer.Finished($"{run}/{stage}", seconds);

    public void Note(string message) => outer.Note($"{run}: {message}");
}
