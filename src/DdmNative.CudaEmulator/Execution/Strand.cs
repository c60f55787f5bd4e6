namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Lanes of a warp that go on by themselves because one part of the warp waits for another: the functions that they are in, of which the
/// frames may be shared with other strands, and how far they have come.
/// </summary>
internal sealed class Strand(List<Activation> callers, Activation current)
{
    /// <summary>Outermost first, without the running one.</summary>
    public List<Activation> Callers { get; } = callers;

    public Activation Current { get; set; } = current;

    public SpinWatch Watch { get; } = new();

    /// <summary>
    /// In its last turn it did not get past an instruction that needs lanes of other strands: a barrier, a vote, an exchange.
    /// </summary>
    public bool IsParked { get; set; }

    /// <summary>Goes on without the lanes that its instruction needs, since they never come.</summary>
    public bool IsForced { get; set; }

    /// <summary>Instructions that it has executed doing nothing but to look at memory that others write.</summary>
    public int Patience { get; set; }

    /// <summary>In its last turn it only waited.</summary>
    public bool HasWaited { get; set; }

    public Activation Root => Callers.Count > 0 ? Callers[0] : Current;
}
