namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Lanes of a warp that run separately because one part of the warp waits for another: the functions that they are executing, whose frames
/// may be shared with other lane groups, and their progress.
/// </summary>
internal sealed class LaneGroup(List<Activation> callers, Activation current)
{
    /// <summary>Outermost first, without the running function.</summary>
    public List<Activation> Callers { get; } = callers;

    public Activation Current { get; set; } = current;

    public SpinWatch Watch { get; } = new();

    /// <summary>
    /// In its last turn it did not get past an instruction that needs lanes of other lane groups: a barrier, a vote, a shuffle.
    /// </summary>
    public bool IsParked { get; set; }

    /// <summary>Continues without the lanes that its instruction needs, since they never arrive.</summary>
    public bool IsForced { get; set; }

    /// <summary>Instructions that it has executed while only reading memory that others write.</summary>
    public int Patience { get; set; }

    /// <summary>In its last turn it only waited.</summary>
    public bool HasWaited { get; set; }

    public Activation Root => Callers.Count > 0 ? Callers[0] : Current;
}
