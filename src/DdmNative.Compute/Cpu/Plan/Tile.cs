namespace DdmNative.Compute.Cpu;

/// <summary>The unit of work: one member, a run of its samples, on one thread.</summary>
/// <param name="Workspace">The thread's memory.</param>
/// <param name="Member">e.</param>
/// <param name="BlockStart">The first sample n of the block that the run is part of.</param>
/// <param name="FirstSample">The first sample n of the run.</param>
/// <param name="SampleCount">Samples in the run.</param>
/// <param name="BeginsSlot">Whether it is its slot's first: gradients are assigned, not added to.</param>
internal readonly record struct Tile(Workspace Workspace, int Member, int BlockStart, int FirstSample, int SampleCount, bool BeginsSlot)
{
    /// <summary>One past the last sample.</summary>
    public int EndSample => FirstSample + SampleCount;
}
