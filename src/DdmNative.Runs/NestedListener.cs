namespace DdmNative.Runs;

/// <summary>Reports the progress of a run within a run: its stages have the inner run's name as a prefix.</summary>
internal sealed class NestedListener(string run, IRunListener outer) : IRunListener
{
    /// <summary>The listener of the outer run.</summary>
    public IRunListener Outer => outer;

    public void Stage(string stage, string title, bool isDone) => outer.Stage($"{run}/{stage}", title, isDone);

    public void Progress(double done, double total, string unit) => outer.Progress(done, total, unit);

    public void Resumed(double done, string unit) => outer.Resumed(done, unit);

    public void Finished(string stage, double seconds) => outer.Finished($"{run}/{stage}", seconds);

    public void Note(string message) => outer.Note($"{run}: {message}");
}
