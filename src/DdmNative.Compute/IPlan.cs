namespace DdmNative.Compute;

/// <summary>
/// A fixed sequence of kernel calls on fixed buffers, recorded once and run many times: a training step, a matching step, an evaluation.
/// A CUDA device captures it as a graph; the CPU device runs it member by member so that what one kernel wrote is still in the cache for
/// the next.
/// </summary>
public interface IPlan : IDisposable
{
    /// <summary>What the plan does, for profiles and messages.</summary>
    string Name { get; }

    /// <summary>Runs every recorded call once, in order.</summary>
    void Run();
}
