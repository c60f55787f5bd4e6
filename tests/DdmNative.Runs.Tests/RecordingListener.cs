namespace DdmNative.Runs.Tests;

/// <summary>Records which stages began, and the notes.</summary>
internal sealed class RecordingListener : IRunListener
{
    public List<string> Begun { get; } = [];

    public List<string> Notes { get; } = [];

    /// <summary>Called before a stage begins.</summary>
    public Action<string> OnStage { get; init; } = _ => { };

    public void Stage(string stage, string title, bool isDone)
    {
        OnStage(stage);
        if (!isDone)
            Begun.Add(stage);
    }

    public void Progress(double done, double total, string unit)
    {
    }

    public void Finished(string stage, double seconds)
    {
    }

    public void Note(string message) => Notes.Add(message);
}
