namespace DdmNative.Attribution.Runs;

/// <summary>Who watches a run: a terminal, a log, nobody. Called on the thread that runs the stage.</summary>
public interface IRunListener
{
    /// <summary>A stage begins, or is passed over because it is finished already.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="title">What it does, for people.</param>
    /// <param name="isDone">Whether it is passed over.</param>
    void Stage(string stage, string title, bool isDone);

    /// <summary>Part of the stage is done.</summary>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units altogether.</param>
    /// <param name="unit">What is counted, in the plural: steps, models.</param>
    void Progress(double done, double total, string unit);

    /// <summary>Part of the stage was there already when it began: neither its rate nor what is done anew counts it.</summary>
    /// <param name="done">Units that were there.</param>
    /// <param name="unit">What is counted, as in <see cref="Progress"/>.</param>
    void Resumed(double done, string unit)
    {
    }

    /// <summary>A stage is finished.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="seconds">How long it took in all.</param>
    void Finished(string stage, double seconds);

    /// <summary>Something that the user should know.</summary>
    void Note(string message);
}
