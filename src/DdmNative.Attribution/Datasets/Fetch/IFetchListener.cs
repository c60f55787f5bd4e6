namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>Receives the progress of a long task: a terminal, a log, or nothing. Called on the thread that does the work.</summary>
public interface IFetchListener
{
    /// <summary>A step begins, or is skipped because it is finished already.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="title">What it does, for people.</param>
    /// <param name="isDone">Whether it is skipped.</param>
    void Stage(string stage, string title, bool isDone);

    /// <summary>Part of the step is done.</summary>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units in total.</param>
    /// <param name="unit">What is counted, in the plural: steps, models, MB.</param>
    void Progress(double done, double total, string unit);

    /// <summary>A step is finished.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="seconds">How long it took in total.</param>
    void Finished(string stage, double seconds);

    /// <summary>Something that the user should know.</summary>
    void Note(string message);
}
