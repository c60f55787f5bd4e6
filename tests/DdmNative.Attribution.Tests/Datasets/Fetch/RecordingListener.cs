using DdmNative.Attribution.Datasets.Fetch;

namespace DdmNative.Attribution.Tests.Datasets.Fetch;

/// <summary>Records which steps began, and the notes.</summary>
internal sealed class RecordingListener : IFetchListener
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
