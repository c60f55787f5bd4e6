namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// Receives the progress of a long task, for a terminal, a log, or nothing. It is called on the thread that does the work.
/// </summary>
public interface IFetchListener
{
    /// <summary>A step starts, or is skipped because it is already finished.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="title">The title for people.</param>
    /// <param name="isDone">Whether it is skipped.</param>
    void Stage(string stage, string title, bool isDone);

    /// <summary>Part of the step is done.</summary>
    /// <param name="done">The number of finished units.</param>
    /// <param name="total">The total number of units.</param>
    /// <param name="unit">The unit, in the plural: steps, models, MB.</param>
    void Progress(double done, double total, string unit);

    /// <summary>A step is finished.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="seconds">The step's total time.</param>
    void Finished(string stage, double seconds);

    /// <summary>A message for the user.</summary>
    void Note(string message);
}
