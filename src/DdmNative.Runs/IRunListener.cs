using DdmNative.Attribution.Datasets.Fetch;

namespace DdmNative.Runs;

/// <summary>Receives the progress of a run: a terminal, a log, or nothing. Called on the thread that runs the stage.</summary>
public interface IRunListener : IFetchListener
{
    /// <summary>
    /// Part of the stage was finished by an earlier run. It counts neither for the rate nor for what this run has done.
    /// </summary>
    /// <param name="done">Units that were finished.</param>
    /// <param name="unit">What is counted, as in <see cref="IFetchListener.Progress"/>.</param>
    void Resumed(double done, string unit)
    {
    }
}
