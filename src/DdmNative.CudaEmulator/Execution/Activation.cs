using System.Numerics;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>A part of a diverged warp: its next instruction, the instruction at which it rejoins the other parts, and its lanes.</summary>
internal struct Part
{
    public int Where, Meet;
    public uint Mask;
}

/// <summary>How many activations, of different lane groups of one warp, have their lanes in one frame.</summary>
internal sealed class SharedFrame
{
    public int Users { get; set; } = 1;
}

/// <summary>A function that a warp is executing: its frame, and the parts into which the warp has diverged.</summary>
internal sealed class Activation
{
    private Part[] _parts = new Part[8];
    private long[]? _allocated;
    private int _count;

    public Activation(DecodedFunction function, nint memory, long stackBase, uint mask, long[] segmentWarps, long[] segmentLanes)
    {
        (Function, Memory, StackBase, Entered, Live, SegmentWarps, SegmentLanes) = (function, memory, stackBase, mask, mask, segmentWarps,
            segmentLanes);
        Push(0, -1, mask);
    }

    /// <summary>An activation of only those lanes that the mask names, in the same frame.</summary>
    private Activation(Activation whole, uint mask)
    {
        (Function, Memory, StackBase) = (whole.Function, whole.Memory, whole.StackBase);
        (SegmentWarps, SegmentLanes) = (whole.SegmentWarps, whole.SegmentLanes);
        (Entered, Live, Calling, CallingSite) = (whole.Entered & mask, whole.Live & mask, whole.Calling, whole.CallingSite);
        _allocated = (long[]?)whole._allocated?.Clone();
        Frame = whole.Frame ??= new SharedFrame();
        Frame.Users++;
        foreach (CallWay way in whole.Waiting.Reverse())
        {
            if ((way.Mask & mask) != 0)
                Waiting.Push(way with { Mask = way.Mask & mask });
        }

        for (int i = 0; i < whole._count; i++)
        {
            if ((whole._parts[i].Mask & mask) != 0)
                Push(whole._parts[i].Where, whole._parts[i].Meet, whole._parts[i].Mask & mask);
        }

        // Lanes that have all returned: the next step leaves the function.
        if (_count == 0)
            Push(0, -1, 0);
    }

    public DecodedFunction Function { get; }

    public nint Memory { get; }

    public long StackBase { get; }

    public uint Entered { get; private set; }

    /// <summary>The activations that share the frame; null if it has never been shared.</summary>
    public SharedFrame? Frame { get; private set; }

    /// <summary>Lanes that have not returned.</summary>
    public uint Live { get; set; }

    public long[] SegmentWarps { get; }

    public long[] SegmentLanes { get; }

    /// <summary>The call that this activation waits for.</summary>
    public CallSite? Calling { get; set; }

    public int CallingSite { get; set; }

    /// <summary>Functions that other lanes call in the same instruction and that are executed next, in reverse order.</summary>
    public Stack<CallWay> Waiting { get; } = new();

    /// <summary>Bytes that each thread has allocated above the function's own variables.</summary>
    public long[] Allocated => _allocated ??= new long[32];

    /// <summary>The maximum that threads of the mask have allocated.</summary>
    public long MaxAllocated(uint mask)
    {
        long most = 0;
        for (uint rest = _allocated is null ? 0 : mask; rest != 0; rest &= rest - 1)
            most = Math.Max(most, _allocated![BitOperations.TrailingZeroCount(rest)]);
        return most;
    }

    /// <summary>The <c>bar.red</c> at which this activation waits.</summary>
    public Segment? Reducing { get; set; }

    public ref Part Top => ref _parts[_count - 1];

    /// <summary>A separate activation of the lanes that the mask names, in the same frame; null if none of them entered.</summary>
    public Activation? Restrict(uint mask) => (Entered & mask) == 0 ? null : new Activation(this, mask);

    /// <summary>
    /// Merges the lanes of another activation of the function that are at the same instruction as all of this one. Join points that both
    /// activations have in common are kept; join points that only one of them has are dropped.
    /// </summary>
    public void Join(Activation other)
    {
        int common = 0;
        for (; common < Math.Min(_count, other._count) - 1; common++)
        {
            ref Part mine = ref _parts[common], theirs = ref other._parts[common];
            if (mine.Where != theirs.Where || mine.Meet != theirs.Meet)
                break;
            mine.Mask |= theirs.Mask;
        }

        Part top = Top;
        _parts[common] = new Part { Where = top.Where, Meet = common == 0
            ? -1 : _parts[common - 1].Where, Mask = top.Mask | other.Top.Mask };
        _count = common + 1;
        for (int lane = 0; other._allocated is not null && lane < 32; lane++)
        {
            if ((other.Entered >> lane & 1) != 0)
                Allocated[lane] = other._allocated[lane];
        }

        Entered |= other.Entered;
        Live |= other.Live;
    }

    /// <summary>Removes the top part; false if it was the last.</summary>
    public bool Pop() => --_count > 0;

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

    /// <summary>
    /// Makes the top part wait at the join point of its parts; not twice, if it is itself a part that rejoins others there.
    /// </summary>
    private void Wait(int meet)
    {
        if (Top.Meet == meet)
            _count--;
        else
            Top.Where = meet;
    }

    private void Push(int where, int meet, uint mask)
    {
        if (_count == _parts.Length)
            Array.Resize(ref _parts, 2 * _count);
        _parts[_count++] = new Part { Where = where, Meet = meet, Mask = mask };
    }
}
