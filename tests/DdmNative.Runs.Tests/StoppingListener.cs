
namespace DdmNative.Runs.Tests;

/// <summary>Asks to stop after so many signs of life.</summary>
internal sealed class StoppingListener(int after, CancellationTokenSource stop) : IRunListener
{
    private int _signs;

    public void Stage(string stage, string title, bool isDone) => Sign();

    public void Progress(double done, double total, string unit) => Sign();

    public void Finished(string stage, double seconds) => Sign();

    public void Note(string message) => Sign();

    private void Sign()
    {
        if (++_signs == after)
            stop.Cancel();
    }
}
