using System.Numerics;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>A part of a diverged warp: the next instruction, the one at which it meets the others again, and its lanes.</summary>
internal struct Part
{
    public int Where, Meet;
    public uint Mask;
}

/// <summary>A function that a warp is in: its frame, and the parts that the warp has come apart into.</summary>
internal sealed class Activation
{
    private Part[] parts = new Part[8];
    private long[]? allocated;
    private int count;

    public Activation(DecodedFunction function, nint memory, long stackBase, uint mask, long[] segmentWarps, long[] segmentLanes)
    {
        (Function, Memory, StackBase, Entered, Live, SegmentWarps, SegmentLanes) = (function, memory, stackBase, mask, mask, segmentWarps, segmentLanes);
        Push(0, -1, mask);
    }

    public DecodedFunction Function { get; }

    public nint Memory { get; }

    public long StackBase { get; }

    public uint Entered { get; }

    /// <summary>Lanes that have not returned.</summary>
    public uint Live { get; set; }

    public long[] SegmentWarps { get; }

    public long[] SegmentLanes { get; }

    /// <summary>The call that it waits for.</summary>
    public CallSite? Calling { get; set; }

    public int CallingSite { get; set; }

    /// <summary>Functions that other lanes call in the same instruction and that come next, the last first.</summary>
    public Stack<CallWay> Waiting { get; } = new();

    /// <summary>Bytes that each thread has allocated above the function's own variables.</summary>
    public long[] Allocated => allocated ??= new long[32];

    /// <summary>The most that threads of the mask have allocated.</summary>
    public long MostAllocated(uint mask)
    {
        long most = 0;
        for (uint rest = allocated is null ? 0 : mask; rest != 0; rest &= rest - 1)
            most = Math.Max(most, allocated![BitOperations.TrailingZeroCount(rest)]);
        return most;
    }

    /// <summary>The <c>bar.red</c> that it waits at.</summary>
    public Segment? Reducing { get; set; }

    public ref Part Top => ref parts[count - 1];

    /// <summary>Gives up the top part; false if it was the last.</summary>
    public bool Pop() => --count > 0;

    public void Split(int meet, int first, uint firstMask, int second, uint secondMask)
    {
        Wait(meet);
        if (first != meet)
            Push(first, meet, firstMask);
        if (second != meet)
            Push(second, meet, secondMask);
    }

    public void Split(int meet, IReadOnlyList<(int Target, uint Mask)> ways)
    {
        Wait(meet);
        foreach ((int target, uint mask) in ways)
        {
            if (target != meet)
                Push(target, meet, mask);
        }
    }

    /// <summary>The top waits where its parts will meet; not twice, where it is itself a part that meets others there.</summary>
    private void Wait(int meet)
    {
        if (Top.Meet == meet)
            count--;
        else
            Top.Where = meet;
    }

    private void Push(int where, int meet, uint mask)
    {
        if (count == parts.Length)
            Array.Resize(ref parts, 2 * count);
        parts[count++] = new Part { Where = where, Meet = meet, Mask = mask };
    }
}
