using System.Numerics;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// Which warps of a block have synchronised: for each pair of warps, the time before which the accesses of the second are visible to the
/// first. Time is a counter that advances at each synchronisation and never goes back between blocks, so that tags that earlier blocks left
/// in the shadow memory are old and need not be cleared. This is the vector clock of Flanagan and Freund (FastTrack, 2009) with one clock
/// for the block, which is enough because a block's warps take turns.
/// </summary>
public sealed class BarrierClock
{
    public const int MaxWarps = 32;

    /// <summary>Number of barriers that a block can name: <c>bar.sync 0</c> to <c>15</c>.</summary>
    public const int Barriers = 16;

    /// <summary>Later than all times: they stay below this value.</summary>
    public const uint Never = int.MaxValue;

    private readonly uint[] _visible = new uint[MaxWarps * MaxWarps];
    private readonly uint[] _atBarrier = new uint[Barriers * MaxWarps];
    private readonly uint[] _allVisible = new uint[MaxWarps];
    private readonly uint[] _noneVisible = new uint[MaxWarps];
    private readonly bool _withinWarps;
    private int _warps;

    /// <param name="withinWarps">
    /// Whether lanes of one warp are ordered only by <see cref="SynchroniseWarp"/>; otherwise they always are.
    /// </param>
    public BarrierClock(bool withinWarps) => this._withinWarps = withinWarps;

    public uint Time { get; private set; }

    /// <summary>The time at which the block started.</summary>
    public uint Start { get; private set; }

    /// <summary>Whether a new block could run out of times: then all tags that contain times must be cleared.</summary>
    public bool IsExhausted => Time > Never / 2;

    public void Begin(int warpCount)
    {
        if (IsExhausted)
            Time = 0;
        _warps = warpCount;
        Start = ++Time;
        Array.Fill(_visible, Start);
        Array.Clear(_atBarrier);
        for (int warp = 0; warp < _warps; warp++)
        {
            if (!_withinWarps)
                _visible[warp * MaxWarps + warp] = Never;
            Refresh(warp);
        }
    }

    /// <summary>A warp arrives at a barrier, to wait there or only to signal (<c>bar.arrive</c>).</summary>
    public void Arrive(int barrier, int warp)
    {
        Span<uint> row = Row(warp), gathered = Gathered(barrier);
        for (int other = 0; other < _warps; other++)
        {
            if (other != warp)
                gathered[other] = Math.Max(gathered[other], row[other]);
        }

        gathered[warp] = ++Time;
    }

    /// <summary>A barrier at which all its warps have arrived releases those that wait.</summary>
    /// <param name="barrier">The barrier's number.</param>
    /// <param name="waiting">One bit for each warp that waits.</param>
    public void Release(int barrier, uint waiting)
    {
        Span<uint> gathered = Gathered(barrier);
        uint now = ++Time;
        for (uint rest = waiting; rest != 0; rest &= rest - 1)
            gathered[BitOperations.TrailingZeroCount(rest)] = now;
        for (uint rest = waiting; rest != 0; rest &= rest - 1)
        {
            int warp = BitOperations.TrailingZeroCount(rest);
            Span<uint> row = Row(warp);
            for (int other = 0; other < _warps; other++)
                row[other] = Math.Max(row[other], gathered[other]);
            Refresh(warp);
        }

        gathered.Clear();
    }

    /// <summary>
    /// <c>bar.warp.sync</c>: the lanes of the warp see one another's accesses. Lanes that the mask leaves out are assumed to take part.
    /// </summary>
    public void SynchroniseWarp(int warp)
    {
        if (!_withinWarps)
            return;
        _visible[warp * MaxWarps + warp] = ++Time;
        Refresh(warp);
    }

    /// <summary>Whether the warp sees what the other warp did at a time. For lanes of one warp, both are the same.</summary>
    public bool Sees(int warp, int other, uint time) => time < _visible[warp * MaxWarps + other];

    /// <summary>The warp sees everything that happened before this time.</summary>
    public uint SeesAllBefore(int warp) => _allVisible[warp];

    /// <summary>The warp sees nothing that another warp did at this time or later.</summary>
    public uint SeesNoneFrom(int warp) => _noneVisible[warp];

    private Span<uint> Row(int warp) => _visible.AsSpan(warp * MaxWarps, _warps);

    private Span<uint> Gathered(int barrier) => _atBarrier.AsSpan(barrier * MaxWarps, MaxWarps);

    private void Refresh(int warp)
    {
        uint all = Never, none = Start;
        Span<uint> row = Row(warp);
        for (int other = 0; other < _warps; other++)
        {
            all = Math.Min(all, row[other]);
            if (other != warp)
                none = Math.Max(none, row[other]);
        }

        _allVisible[warp] = all;
        _noneVisible[warp] = none;
    }
}
