namespace DdmNative.Cli.Output;

/// <summary>Nothing.</summary>
internal sealed class SilentProgress : ProgressView
{
    public override void Stage(string stage, string title, bool isDone)
    {
    }

    public override void Progress(double done, double total, string unit)
    {
    }

    public override void Finished(string stage, double seconds)
    {
    }

    public override void Note(string message)
    {
    }
}
