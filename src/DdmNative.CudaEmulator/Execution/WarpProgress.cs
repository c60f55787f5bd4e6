using System.Numerics;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// That every lane goes on which can (independent thread scheduling, sm_70 and later), although a part of a diverged warp runs to where the
/// parts meet before the next does. From time to time a short stretch is watched. If its part only goes round in circles (<see
/// cref="SpinWatch"/>) and other lanes are not with it, the two become strands: each has the stack of its own lanes, and they take turns.
/// Strands are put together again where they come to the same instruction, at the latest where an instruction needs the lanes of several.
/// As long as no part waits for another nothing of this happens.
/// </summary>
internal sealed unsafe partial class Warp
{
    /// <summary>Instructions that warps have in one turn; when one of the block has been seen to wait, fewer.</summary>
    private const int Slice = 1 << 20, ShortSlice = 1 << 14;

    /// <summary>
    /// Instructions between two stretches that are watched: at first, at most, and when some part of the block has been seen to wait; and
    /// the segments of a stretch, which takes a few times as long as without the watch.
    /// </summary>
    private const int FirstStretch = 1 << 14, LongestStretch = 1 << 16, ShortStretch = 1 << 11, WatchedSegments = 1 << 7;

    /// <summary>
    /// Instructions of a strand's turn, and of one that has only waited in its last turn; for the warp in one piece these are segments.
    /// </summary>
    private const int Turn = 1 << 8, ShortTurn = 1 << 4;

    /// <summary>
    /// Instructions that a part which looks at memory that others write may execute without meeting the rest of its warp; then it is taken
    /// to wait although it is never twice in the same state, for it may be counting its rounds or reading the clock. The second holds when
    /// some part of the block has been seen to wait.
    /// </summary>
    private const int Patience = 1 << 22, ShortPatience = 1 << 12;

    private readonly SpinWatch _watch = new();

    /// <summary>Null as long as all lanes have one stack; the lists of the running one are the warp's own.</summary>
    private List<Strand>? _strands;
    private int _stretch = FirstStretch, _patience;
    private long _strongReads;
    private (Activation? At, int Meet, uint Mask) _waiter;

    /// <summary>Whether the last turn ended because the warp waits.</summary>
    private bool _hasWaited;

    /// <summary>
    /// How a strand's turn ended. It waits if it has come back to an earlier state, or has only looked at memory that others write; it is
    /// idle if it did so in all of this turn and the last, and stuck if it is besides in the same state.
    /// </summary>
    private enum TurnEnd { Pause, Waits, Idle, Stuck, Done, Parted, Parked }

    /// <summary>
    /// Instructions, of those that are watched, that changed memory which others can see, or did what the watch does not look at.
    /// </summary>
    public long Effects { get; private set; }

    /// <summary>Whether in its last turn the warp did nothing but come back to where it was at the turn's begin.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>Whether in its last turn the warp did nothing but look at memory that others write, as in the turn before.</summary>
    public bool IsIdle { get; private set; }

    private uint RootLanes => (_calls.Count > 0 ? _calls[0] : _current).Live & _alive;

    /// <summary>Gives the warp a turn, which ends at a barrier, after a while, or when all its lanes wait.</summary>
    public void Run()
    {
        IsStuck = IsIdle = false;
        int slice = _runner.HasSpun ? ShortSlice : Slice;
        while (Status == WarpStatus.Ready && slice >= 0)
        {
            if (_strands is null ? !RunTogether(ref slice) : !RunApart(ref slice))
                return;
        }
    }

    /// <summary>Takes the state of the warp, which a barrier has let go, for <see cref="IsAsAt"/>.</summary>
    public void Keep(SpinWatch state) => state.Begin(this, _current);

    /// <summary>Whether the warp is in that state again.</summary>
    public bool IsAsAt(SpinWatch state) => state.Matches(this, _current);

    /// <summary>Of the lanes that are to be blamed if the warp never ends: the instruction and the lanes.</summary>
    public (int Site, uint Mask) Stuck()
    {
        if (_strands is not null)
            Load(_strands.Find(strand => !strand.IsParked) ?? _strands[0]);
        return (_current.Function.FirstSite + _current.Top.Where, _current.Top.Mask & _current.Live & _alive);
    }

    private EmulatorException LimitFault(int site, uint mask)
    {
        long limit = _runner.Launch.Device.Options.InstructionLimit;
        return Fault(FaultKind.InstructionLimit, site, mask, null, $"{limit} warp instructions in one block");
    }

    /// <summary>Some instructions of a warp that is in one piece; false if the turn is to end before its time.</summary>
    private bool RunTogether(ref int slice)
    {
        if (_runner.IsWatched)
        {
            if (!Settle(out _))
                return true;
            slice -= Step(waits: false);
            if (Status == WarpStatus.Ready && Settle(out _) && slice < 0)
                _runner.EndWatch();
            return true;
        }

        bool resumes = _watch.IsSet, waited = _hasWaited;
        _hasWaited = false;
        if (_runner.HasSpun)
            _stretch = ShortStretch;
        if (!resumes && !waited)
        {
            int some = Math.Min(slice, _stretch), left = RunSegments(some);
            slice -= some - left;
            if (Status != WarpStatus.Ready || slice < 0 || !Settle(out _))
                return true;
        }

        if (!resumes)
            _watch.Begin(this, _current);
        _watch.BeginTurn();
        (long strong, long effects) = (_strongReads, Effects);
        int watched = 0, segments = waited ? ShortTurn : WatchedSegments;
        for (int i = 0; i < segments; i++)
        {
            int length = Step(waits: false);
            slice -= length;
            watched += length;
            if (Status != WarpStatus.Ready || !Settle(out _))
            {
                _watch.Forget();
                return true;
            }

            if (_watch.IsBack(this, _current))
            {
                _runner.HasSpun = true;
                if (_current.Top.Mask != RootLanes)
                {
                    _watch.Forget();
                    Part(null);
                    return true;
                }

                _hasWaited = true;
                IsStuck = resumes && !_watch.HasMoved;
                IsIdle = waited && Effects == effects;
                return false;
            }

            if (slice < 0)
                return true;
        }

        _watch.Forget();
        (Activation?, int, uint) now = (_current, _current.Top.Meet, _current.Top.Mask);
        _patience = now == _waiter && _strongReads != strong && Effects == effects ? _patience + watched + _stretch : 0;
        _waiter = now;
        _stretch = Math.Min(2 * _stretch, LongestStretch);
        if (_patience <= (_runner.HasSpun ? ShortPatience : Patience) && !(waited && _patience > 0))
            return true;
        _runner.HasSpun = true;
        if (_current.Top.Mask != RootLanes)
        {
            Part(null);
            return true;
        }

        _hasWaited = true;
        IsIdle = waited;
        return false;
    }

    /// <summary>A turn for each strand; false if all that can go on only wait.</summary>
    private bool RunApart(ref int slice)
    {
        List<Strand> all = _strands!;
        bool waits = true, idle = true, stuck = true, parked = true;
        // Those that come into being in this round have their first turn in the next.
        foreach (Strand strand in all.ToArray())
        {
            bool wasParked = strand.IsParked;
            Load(strand);
            TurnEnd end = TakeTurn(strand, ref slice);
            strand.IsParked = end == TurnEnd.Parked;
            waits &= end is TurnEnd.Waits or TurnEnd.Idle or TurnEnd.Stuck or TurnEnd.Parked;
            parked &= strand.IsParked && wasParked;
            stuck &= end == TurnEnd.Stuck || (strand.IsParked && wasParked);
            idle &= end is TurnEnd.Idle or TurnEnd.Stuck || (strand.IsParked && wasParked);
            if (end == TurnEnd.Done)
                all.Remove(strand);
            else if (end != TurnEnd.Parted)
                strand.Current = _current;
            if (Status != WarpStatus.Ready)
            {
                // A barrier of the block, to which a warp comes in one piece.
                Unite();
                return true;
            }
        }

        if (all.Count == 0)
        {
            Unite();
            Status = WarpStatus.Done;
            return true;
        }

        if (Join())
            return true;
        if (parked)
        {
            // What they wait for never comes: the instruction says what is wrong.
            all[0].IsForced = true;
            return true;
        }

        if (all.Count == 1 && all[0].Current.Function.SegmentAt[Math.Max(0, all[0].Current.Top.Where)] >= 0)
        {
            Load(all[0]);
            Unite();
        }

        (IsStuck, IsIdle) = (stuck, idle);
        return !waits;
    }

    private TurnEnd TakeTurn(Strand strand, ref int slice)
    {
        if (!Settle(out _))
            return LeaveStrand();
        bool resumes = strand.Watch.IsSet;
        if (!resumes)
            strand.Watch.Begin(this, _current);
        strand.Watch.BeginTurn();
        (long strong, long effects) = (_strongReads, Effects);
        bool waited = strand.HasWaited;
        strand.HasWaited = false;
        for (int left = waited ? ShortTurn : Turn; left >= 0;)
        {
            int length = Step(waits: !strand.IsForced);
            if (length == 0)
            {
                strand.Watch.Forget();
                strand.Patience = 0;
                if (_current.Top.Mask == RootLanes)
                    return TurnEnd.Parked;
                // Those that are not at the instruction go on by themselves.
                Part(strand);
                return TurnEnd.Parted;
            }

            strand.IsForced = false;
            slice -= length;
            left -= length;
            if (Status != WarpStatus.Ready)
                return TurnEnd.Pause;
            if (!Settle(out bool hasMet))
                return LeaveStrand();
            if (hasMet)
            {
                // Others may be about to come here too.
                strand.Patience = 0;
                strand.Watch.Forget();
                return TurnEnd.Pause;
            }

            if (!strand.Watch.IsBack(this, _current))
                continue;
            if (_current.Top.Mask != RootLanes)
            {
                Part(strand);
                return TurnEnd.Parted;
            }

            strand.HasWaited = true;
            return !waited || Effects != effects ? TurnEnd.Waits : resumes && !strand.Watch.HasMoved ? TurnEnd.Stuck : TurnEnd.Idle;
        }

        strand.HasWaited = _strongReads != strong && Effects == effects;
        strand.Patience = strand.HasWaited ? strand.Patience + Turn : 0;
        if (strand.Patience > ShortPatience && _current.Top.Mask != RootLanes)
        {
            Part(strand);
            return TurnEnd.Parted;
        }

        return !strand.HasWaited ? TurnEnd.Pause : waited ? TurnEnd.Idle : TurnEnd.Waits;
    }

    private TurnEnd LeaveStrand()
    {
        while (_current is not null)
            Leave();
        return TurnEnd.Done;
    }

    /// <summary>
    /// Brings the top part to an instruction: gives up those that have come to where they meet and leaves functions that all lanes have
    /// returned from. False if no lane is left.
    /// </summary>
    private bool Settle(out bool hasMet)
    {
        hasMet = false;
        while (true)
        {
            ref Part top = ref _current.Top;
            top.Mask &= _current.Live & _alive;
            if (top.Mask != 0 && top.Where != top.Meet)
            {
                if (top.Where < _current.Function.SegmentAt.Length - 1)
                    return true;
                _current.Live &= ~top.Mask;
                continue;
            }

            hasMet = true;
            if (_current.Pop() || Return())
                continue;
            if (_strands is null)
                Status = WarpStatus.Done;
            return false;
        }
    }

    /// <summary>
    /// Executes the top part's segment from where it is, and counts by instruction. If it waits for lanes that an instruction needs, only
    /// what is in front of that. How many instructions.
    /// </summary>
    private int Step(bool waits)
    {
        Activation at = _current;
        DecodedFunction function = Code;
        ref Part top = ref at.Top;
        int start = top.Where, found = start;
        while (function.SegmentAt[found] < 0)
            found--;
        int number = function.SegmentAt[found];
        Segment segment = function.Segments[number];
        uint mask = top.Mask;
        if ((_runner.Budget -= segment.EndInstruction - start) < 0)
            throw LimitFault(function.FirstSite + start, mask);
        int firstSite = function.FirstSite + start, first = segment.FirstOperation;
    Execute:
        fixed (Operation* operations = function.Operations)
        {
            Operation* operation = operations + first, end = _stop = operations + segment.EndOperation;
            while (operation < end && operation->Site < firstSite)
                operation++;
            for (; operation < _stop; operation++)
            {
                uint part = operation->Guard >= 0 ? mask & (*(uint*)(Frame + operation->Guard) ^ operation->GuardFlip) : mask;
                if (waits && !operation->FollowsPoison && Lacks(function, operation, mask, part))
                    return Stop(operation->Site - function.FirstSite);
                _runner.Profile.Lanes[operation->Site] -= BitOperations.PopCount(mask ^ part);
                if (part == 0)
                    continue;
                if (!operation->FollowsPoison)
                    Note(function, operation, part);
                operation->Run(this, operation, part);
            }

            if (_stop != end)
            {
                (function, first) = BehindSpread(number);
                segment = function.Segments[number];
                goto Execute;
            }

            if (segment.Control == Control.Next)
            {
                Count(segment.EndInstruction);
                top.Where = segment.Next;
                return segment.EndInstruction - start;
            }

            uint going = end->Guard >= 0 ? mask & (*(uint*)(Frame + end->Guard) ^ end->GuardFlip) : mask;
            bool isBarrier = segment.Control is Control.Barrier or Control.BarrierArrive or Control.BarrierReduce;
            if (waits && going != 0 && isBarrier && going != Here())
                return Stop(segment.EndInstruction - 1);
            Count(segment.EndInstruction);
            top.Where = segment.Next;
            _runner.Profile.Lanes[end->Site] -= BitOperations.PopCount(mask ^ going);
            if (going != 0 || segment.Control == Control.Branch)
                Go(segment, function, end, ref top, mask, going);
        }

        return segment.EndInstruction - start;

        void Count(int to)
        {
            for (int site = firstSite; site < function.FirstSite + to; site++)
            {
                _runner.Profile.Warps[site]++;
                _runner.Profile.Lanes[site] += BitOperations.PopCount(mask);
            }
        }

        int Stop(int where)
        {
            Count(where);
            _runner.Budget += segment.EndInstruction - where;
            at.Top.Where = where;
            return where - start;
        }
    }

    /// <summary>Whether an instruction takes part in something with lanes of the warp that are still elsewhere.</summary>
    private bool Lacks(DecodedFunction function, Operation* operation, uint mask, uint part)
    {
        if (part == 0)
            return false;
        PtxInstruction instruction = function.Function.Instructions[operation->Site - function.FirstSite];
        switch (instruction.Opcode)
        {
            case PtxOpcode.BarWarpSync or PtxOpcode.Shfl or PtxOpcode.Vote or PtxOpcode.Match or PtxOpcode.Redux or PtxOpcode.Elect:
                Detail detail = function.Details[operation->Extra];
                uint* named = (uint*)(Frame + detail.Sources[^1].Offset);
                uint wanted = 0;
                for (uint rest = part; rest != 0; rest &= rest - 1)
                    wanted |= named[BitOperations.TrailingZeroCount(rest)];
                return (wanted & Here() & ~mask) != 0;
            case PtxOpcode.Mma or PtxOpcode.WmmaMma or PtxOpcode.Movmatrix or PtxOpcode.Ldmatrix or PtxOpcode.Stmatrix
                or PtxOpcode.WmmaLoadA or PtxOpcode.WmmaLoadB or PtxOpcode.WmmaLoadC or PtxOpcode.WmmaStoreD:
                return (Here() & ~mask) != 0;
            default:
                return false;
        }
    }

    /// <summary>Lanes that have not left the kernel.</summary>
    private uint Here()
    {
        uint here = RootLanes;
        foreach (Strand strand in _strands!)
            here |= strand.Root.Live & _alive;
        return here;
    }

    private void Note(DecodedFunction function, Operation* operation, uint part)
    {
        PtxInstruction instruction = function.Function.Instructions[operation->Site - function.FirstSite];
        switch (instruction.Opcode)
        {
            case PtxOpcode.St:
                Effects += Changes(function.Details[operation->Extra], operation, part) ? 1 : 0;
                break;
            case PtxOpcode.Ld or PtxOpcode.Ldu:
                _strongReads += operation->IsStrong ? 1 : 0;
                break;
            case PtxOpcode.Atom:
                // What it found in memory is in a register: if that is the same as the last time, so is the memory.
                _strongReads++;
                break;
            case PtxOpcode.Red or PtxOpcode.CpAsync or PtxOpcode.CpAsyncCommitGroup
                or PtxOpcode.CpAsyncWaitGroup or PtxOpcode.CpAsyncWaitAll
                or PtxOpcode.Stmatrix or PtxOpcode.WmmaStoreD or PtxOpcode.Alloca or PtxOpcode.Stackrestore:
                Effects++;
                break;
        }
    }

    /// <summary>Whether a store changes what other threads can see: global memory, or shared memory that holds something else.</summary>
    private bool Changes(Detail detail, Operation* operation, uint mask)
    {
        PtxSpace space = (PtxSpace)operation->D;
        if (space == PtxSpace.Local)
            return false;
        ulong* addresses = MemoryOperations.Addresses(this, operation, mask);
        int bytes = operation->Bytes;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            PtxSpace there = space == PtxSpace.Generic ? SpaceOf(addresses[lane]) : space;
            if (there == PtxSpace.Local)
                continue;
            long offset = (long)(space == PtxSpace.Generic ? addresses[lane] & (1UL << 24) - 1 : addresses[lane]);
            if (there != PtxSpace.Shared || (ulong)offset > (ulong)_runner.Launch.SharedBytes)
                return true;
            for (int i = 0; i < detail.Instruction.Modifiers.Vector; i++, offset += bytes)
            {
                ulong value = LaneOperations.Read(Frame, detail.Sources[i], lane);
                if (offset + bytes > _runner.Launch.SharedBytes)
                    return true;
                if (!new ReadOnlySpan<byte>(&value, bytes).SequenceEqual(new ReadOnlySpan<byte>(_runner.Shared + offset, bytes)))
                    return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The running strand, or the warp, becomes two: the lanes of its top part and the others, which go on where they waited for those. The
    /// others keep the place among the strands.
    /// </summary>
    private void Part(Strand? whole)
    {
        uint apart = _current.Top.Mask;
        List<Activation> chain = [.. _calls, _current];
        Strand top = Restricted(chain, apart), rest = Restricted(chain, ~apart);
        foreach (Activation old in chain)
            old.Frame!.Users--;
        _strands ??= [];
        if (whole is null)
            _strands.Add(rest);
        else
            _strands[_strands.IndexOf(whole)] = rest;
        _strands.Add(top);
    }

    private static Strand Restricted(List<Activation> chain, uint lanes)
    {
        List<Activation> kept = [];
        foreach (Activation activation in chain)
        {
            if (activation.Restrict(lanes) is not { } some)
                break;
            kept.Add(some);
        }

        Activation innermost = kept[^1];
        kept.RemoveAt(kept.Count - 1);
        return new Strand(kept, innermost);
    }

    private void Load(Strand strand)
    {
        (_calls, _current) = (strand.Callers, strand.Current);
        Activate();
        // Where other lanes are in a function that these do not enter, theirs may be still to come.
        if (_current.Waiting.TryPop(out CallWay way))
            Begin(_current.Calling!, _current.CallingSite, way.Callee, way.Mask);
    }

    /// <summary>The loaded strand is all that there is: the warp is in one piece again.</summary>
    private void Unite()
    {
        _strands = null;
        _stretch = FirstStretch;
        (_patience, _waiter, _hasWaited) = (0, default, false);
        _watch.Forget();
    }

    /// <summary>Puts strands together that are at the same instruction with all their lanes; whether there were any.</summary>
    private bool Join()
    {
        bool any = false;
        for (int i = 0; i < _strands!.Count; i++)
        {
            for (int j = _strands.Count - 1; j > i; j--)
            {
                if (!CanJoin(_strands[i], _strands[j]))
                    continue;
                Join(_strands[i], _strands[j]);
                _strands.RemoveAt(j);
                any = true;
            }
        }

        return any;
    }

    private bool CanJoin(Strand one, Strand other)
    {
        if (one.Callers.Count != other.Callers.Count || one.Current.Top.Where != other.Current.Top.Where)
            return false;
        if (!IsSettled(one) || !IsSettled(other))
            return false;
        for (int i = 0; i < one.Callers.Count; i++)
        {
            (Activation caller, Activation same) = (one.Callers[i], other.Callers[i]);
            if (!AreAlike(caller, same) || caller.CallingSite != same.CallingSite || caller.Top.Where != same.Top.Where)
                return false;
        }

        return AreAlike(one.Current, other.Current);
    }

    private static bool AreAlike(Activation one, Activation other) =>
        ReferenceEquals(one.Function, other.Function) && one.StackBase == other.StackBase;

    /// <summary>All lanes are at the next instruction of the innermost function.</summary>
    private bool IsSettled(Strand strand)
    {
        Activation at = strand.Current;
        uint top = at.Top.Mask & at.Live & _alive;
        return top != 0 && at.Waiting.Count == 0 && top == (strand.Root.Live & _alive);
    }

    private void Join(Strand one, Strand other)
    {
        for (int i = 0; i <= one.Callers.Count; i++)
        {
            Activation to = i < one.Callers.Count ? one.Callers[i] : one.Current;
            Activation from = i < one.Callers.Count ? other.Callers[i] : other.Current;
            if (to.Memory != from.Memory)
                CopyLanes(to.Function, (byte*)from.Memory, (byte*)to.Memory, from.Entered);
            to.Join(from);
            if (from.Frame is not { } shared || --shared.Users == 0)
                _spareFrames[from.Function].Push(from.Memory);
        }

        one.Watch.Forget();
        (one.Patience, one.HasWaited) = (0, false);
    }

    /// <summary>
    /// Registers of some lanes; behind them lie words with one bit for each lane, and what is known of poison (<see cref="WarpPoison"/>).
    /// </summary>
    private static void CopyLanes(DecodedFunction function, byte* from, byte* to, uint lanes)
    {
        int end = 0;
        foreach (Place place in function.Registers)
        {
            int bytes = place.Width == 0 ? 32 : 32 * place.Width;
            end = Math.Max(end, place.Offset + bytes);
            if (place.Width == 0)
            {
                CopyBits(place.Offset);
                continue;
            }

            for (uint rest = lanes; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                LaneOperations.Write(to, place, lane, LaneOperations.Read(from, place, lane));
            }
        }

        for (int offset = end; offset < function.PoisonAt; offset += 32)
            CopyBits(offset);
        for (int offset = function.PoisonAt; offset < function.RegisterBytes; offset += sizeof(uint))
            CopyBits(offset);
        for (int origins = -function.OriginBytes; origins < 0; origins += WarpPoison.OriginBytes)
        {
            for (uint rest = lanes; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                ((int*)(to + origins))[lane] = ((int*)(from + origins))[lane];
            }
        }

        void CopyBits(int offset) => *(uint*)(to + offset) = *(uint*)(to + offset) & ~lanes | *(uint*)(from + offset) & lanes;
    }

    private void LeaveAll()
    {
        if (_strands is null)
        {
            while (_current is not null)
                Leave();
        }
        else
        {
            foreach (Strand strand in _strands)
            {
                (_calls, _current) = (strand.Callers, strand.Current);
                while (_current is not null)
                    Leave();
            }
        }

        Unite();
    }
}
