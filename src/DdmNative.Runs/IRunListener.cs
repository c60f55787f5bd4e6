using DdmNative.Attribution.Datasets.Fetch;

namespace DdmNative.Runs;

/// <summary>Receives the progress of a run, for a terminal, a log, or nothing. It is called on the thread that runs the stage.</summary>
public interface IRunListener : IFetchListener
{
    /// <summary>Part of the stage was finished by an earlier run. It counts neither towards the rate nor as work of this run.</summary>
    /// <param name="done">The number of finished units.</param>
    /// <param name="unit">The unit, as in <see cref="IFetchListener.Progress"/>.</param>
    void Resumed(double done, string unit)
    {
    }
}
