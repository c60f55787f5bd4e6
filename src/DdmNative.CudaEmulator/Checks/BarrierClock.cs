using System.Numerics;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// Who has synchronised with whom in a block: for each pair of warps the time before which the accesses of the one are visible to the other. Time is a counter that
/// moves on at each synchronisation and never goes back from block to block, so that what earlier blocks left in the shadow memory is old without being cleared.
/// This is the vector clock of Flanagan and Freund (FastTrack, 2009) with one clock for the block, which is enough because a block's warps take turns.
/// </summary>
public sealed class BarrierClock
{
    public const int MaxWarps = 32;

    /// <summary>Barriers that a block can name: <c>bar.sync 0</c> to <c>15</c>.</summary>
    public const int Barriers = 16;

    /// <summary>Times stay below this, which is later than all.</summary>
    public const uint Never = int.MaxValue;

    private readonly uint[] _visible = new uint[MaxWarps * MaxWarps];
    private readonly uint[] _atBarrier = new uint[Barriers * MaxWarps];
    private readonly uint[] _allVisible = new uint[MaxWarps];
    private readonly uint[] _noneVisible = new uint[MaxWarps];
    private readonly bool _withinWarps;
    private int _warps;

    /// <param name="withinWarps">Whether lanes of one warp are ordered only by <see cref="SynchroniseWarp"/>; else they always are.</param>
    public BarrierClock(bool withinWarps) => this._withinWarps = withinWarps;

    public uint Time { get; private set; }

    /// <summary>When the block began.</summary>
    public uint Start { get; private set; }

    /// <summary>Whether a new block could run out of times: then whoever keeps times must forget them.</summary>
    public bool IsWorn => Time > Never / 2;

    public void Begin(int warpCount)
    {
        if (IsWorn)
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

    /// <summary>A warp comes to a barrier, to wait there or only to tell (<c>bar.arrive</c>).</summary>
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

    /// <summary>A barrier that all its warps have come to lets those go that wait at it.</summary>
    /// <param name="barrier">Which.</param>
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

    /// <summary><c>bar.warp.sync</c>: the lanes of the warp see one another's accesses. Lanes that the mask leaves out are taken to come along.</summary>
    public void SynchroniseWarp(int warp)
    {
        if (!_withinWarps)
            return;
        _visible[warp * MaxWarps + warp] = ++Time;
        Refresh(warp);
    }

    /// <summary>Whether the warp sees what the other did at a time. For lanes of one warp, the other is the warp itself.</summary>
    public bool Sees(int warp, int other, uint time) => time < _visible[warp * MaxWarps + other];

    /// <summary>The warp sees everything that happened before this.</summary>
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
