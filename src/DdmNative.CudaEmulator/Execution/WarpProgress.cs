using System.Numerics;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Independent thread scheduling (sm_70 and later): every lane that can run makes progress, although a part of a diverged warp runs to the
/// join point before the next part does. From time to time a short stretch of execution is observed. If its part only repeats a loop
/// (<see cref="SpinWatch"/>) and other lanes of the warp are elsewhere, the two become lane groups: each has the stack of its own lanes,
/// and they take turns. Lane groups join again when they arrive at the same instruction, at the latest at an instruction that needs the
/// lanes of several groups. As long as no part waits for another, none of this happens.
/// </summary>
internal sealed unsafe partial class Warp
{
    /// <summary>Instructions of a warp in one turn; fewer when a warp of the block has been seen to wait.</summary>
    private const int Slice = 1 << 20, ShortSlice = 1 << 14;

    /// <summary>
    /// Instructions between two observed stretches: initially, at most, and when some part of the block has been seen to wait; and the
    /// segments of a stretch, which takes a few times as long as unobserved execution.
    /// </summary>
    private const int FirstStretch = 1 << 14, LongestStretch = 1 << 16, ShortStretch = 1 << 11, WatchedSegments = 1 << 7;

    /// <summary>
    /// Instructions of a lane group's turn, and of the turn of a group that only waited in its last one; for a warp without lane groups
    /// these are segments.
    /// </summary>
    private const int Turn = 1 << 8, ShortTurn = 1 << 4;

    /// <summary>
    /// Instructions that a part which reads memory that others write may execute without joining the rest of its warp; after them it counts
    /// as waiting although it is never twice in the same state, since it may count its iterations or read the clock. The second number
    /// applies when some part of the block has been seen to wait.
    /// </summary>
    private const int Patience = 1 << 22, ShortPatience = 1 << 12;

    private readonly SpinWatch _watch = new();

    /// <summary>Null as long as all lanes have one stack; the lists of the running lane group are those of the warp.</summary>
    private List<LaneGroup>? _groups;
    private int _stretch = FirstStretch, _patience;
    private long _strongReads;
    private (Activation? At, int Meet, uint Mask) _waiter;

    /// <summary>Whether the last turn ended because the warp waits.</summary>
    private bool _hasWaited;

    /// <summary>
    /// How a lane group's turn ended. It waits if it has returned to an earlier state, or has only read memory that others write; it is
    /// idle if it did so during all of this turn and the last, and stuck if it is also in the same state.
    /// </summary>
    private enum TurnEnd { Pause, Waits, Idle, Stuck, Done, Split, Parked }

    /// <summary>
    /// Observed instructions that changed memory that others can see, or had an effect that the observation does not cover.
    /// </summary>
    public long Effects { get; private set; }

    /// <summary>Whether in its last turn the warp only returned to the state at the start of the turn.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>Whether in its last turn, as in the turn before, the warp only read memory that others write.</summary>
    public bool IsIdle { get; private set; }

    private uint RootLanes => (_calls.Count > 0 ? _calls[0] : _current).Live & _alive;

    /// <summary>Runs the warp for one turn, which ends at a barrier, after a number of instructions, or when all its lanes wait.</summary>
    public void Run()
    {
        IsStuck = IsIdle = false;
        int slice = _runner.HasSpun ? ShortSlice : Slice;
        while (Status == WarpStatus.Ready && slice >= 0)
        {
            if (_groups is null ? !RunWhole(ref slice) : !RunGroups(ref slice))
                return;
        }
    }

    /// <summary>Saves the state of the warp, which a barrier has released, for <see cref="IsAsAt"/>.</summary>
    public void Keep(SpinWatch state) => state.Begin(this, _current);

    /// <summary>Whether the warp is in the saved state again.</summary>
    public bool IsAsAt(SpinWatch state) => state.Matches(this, _current);

    /// <summary>The instruction and the lanes that are reported if the warp never ends.</summary>
    public (int Site, uint Mask) FindStalledLanes()
    {
        if (_groups is not null)
            Load(_groups.Find(group => !group.IsParked) ?? _groups[0]);
        return (_current.Function.FirstSite + _current.Top.Where, _current.Top.Mask & _current.Live & _alive);
    }

    private EmulatorException LimitFault(int site, uint mask)
    {
        long limit = _runner.Launch.Device.Options.InstructionLimit;
        return Fault(FaultKind.InstructionLimit, site, mask, null, $"{limit} warp instructions in one block");
    }

    /// <summary>Runs some instructions of a warp without lane groups; false if the turn ends early.</summary>
    private bool RunWhole(ref int slice)
    {
        if (_runner.IsWatched)
        {
            if (!AdvanceToInstruction(out _))
                return true;
            slice -= Step(waits: false);
            if (Status == WarpStatus.Ready && AdvanceToInstruction(out _) && slice < 0)
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
            if (Status != WarpStatus.Ready || slice < 0 || !AdvanceToInstruction(out _))
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
            if (Status != WarpStatus.Ready || !AdvanceToInstruction(out _))
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
                    SplitTop(null);
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
            SplitTop(null);
            return true;
        }

        _hasWaited = true;
        IsIdle = waited;
        return false;
    }

    /// <summary>Runs a turn of each lane group; false if all that can run only wait.</summary>
    private bool RunGroups(ref int slice)
    {
        List<LaneGroup> all = _groups!;
        bool waits = true, idle = true, stuck = true, parked = true;
        // Lane groups that are created in this round have their first turn in the next.
        foreach (LaneGroup group in all.ToArray())
        {
            bool wasParked = group.IsParked;
            Load(group);
            TurnEnd end = TakeTurn(group, ref slice);
            group.IsParked = end == TurnEnd.Parked;
            waits &= end is TurnEnd.Waits or TurnEnd.Idle or TurnEnd.Stuck or TurnEnd.Parked;
            parked &= group.IsParked && wasParked;
            stuck &= end == TurnEnd.Stuck || (group.IsParked && wasParked);
            idle &= end is TurnEnd.Idle or TurnEnd.Stuck || (group.IsParked && wasParked);
            if (end == TurnEnd.Done)
                all.Remove(group);
            else if (end != TurnEnd.Split)
                group.Current = _current;
            if (Status != WarpStatus.Ready)
            {
                // A barrier of the block, at which a warp arrives without lane groups.
                ClearGroups();
                return true;
            }
        }

        if (all.Count == 0)
        {
            ClearGroups();
            Status = WarpStatus.Done;
            return true;
        }

        if (Join())
            return true;
        if (parked)
        {
            // The lanes that they wait for never arrive: the instruction reports the fault.
            all[0].IsForced = true;
            return true;
        }

        if (all.Count == 1 && all[0].Current.Function.SegmentAt[Math.Max(0, all[0].Current.Top.Where)] >= 0)
        {
            Load(all[0]);
            ClearGroups();
        }

        (IsStuck, IsIdle) = (stuck, idle);
        return !waits;
    }

    private TurnEnd TakeTurn(LaneGroup group, ref int slice)
    {
        if (!AdvanceToInstruction(out _))
            return LeaveGroup();
        bool resumes = group.Watch.IsSet;
        if (!resumes)
            group.Watch.Begin(this, _current);
        group.Watch.BeginTurn();
        (long strong, long effects) = (_strongReads, Effects);
        bool waited = group.HasWaited;
        group.HasWaited = false;
        for (int left = waited ? ShortTurn : Turn; left >= 0;)
        {
            int length = Step(waits: !group.IsForced);
            if (length == 0)
            {
                group.Watch.Forget();
                group.Patience = 0;
                if (_current.Top.Mask == RootLanes)
                    return TurnEnd.Parked;
                // Lane groups that are not at the instruction continue separately.
                SplitTop(group);
                return TurnEnd.Split;
            }

            group.IsForced = false;
            slice -= length;
            left -= length;
            if (Status != WarpStatus.Ready)
                return TurnEnd.Pause;
            if (!AdvanceToInstruction(out bool hasMet))
                return LeaveGroup();
            if (hasMet)
            {
                // Other lane groups may still arrive here.
                group.Patience = 0;
                group.Watch.Forget();
                return TurnEnd.Pause;
            }

            if (!group.Watch.IsBack(this, _current))
                continue;
            if (_current.Top.Mask != RootLanes)
            {
                SplitTop(group);
                return TurnEnd.Split;
            }

            group.HasWaited = true;
            return !waited || Effects != effects ? TurnEnd.Waits : resumes && !group.Watch.HasMoved ? TurnEnd.Stuck : TurnEnd.Idle;
        }

        group.HasWaited = _strongReads != strong && Effects == effects;
        group.Patience = group.HasWaited ? group.Patience + Turn : 0;
        if (group.Patience > ShortPatience && _current.Top.Mask != RootLanes)
        {
            SplitTop(group);
            return TurnEnd.Split;
        }

        return !group.HasWaited ? TurnEnd.Pause : waited ? TurnEnd.Idle : TurnEnd.Waits;
    }

    private TurnEnd LeaveGroup()
    {
        while (_current is not null)
            Leave();
        return TurnEnd.Done;
    }

    /// <summary>
    /// Moves the top part to an instruction: removes parts that have reached their join point and leaves functions from which all lanes
    /// have returned. False if no lane is left.
    /// </summary>
    private bool AdvanceToInstruction(out bool hasMet)
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
            if (_groups is null)
                Status = WarpStatus.Done;
            return false;
        }
    }

    /// <summary>
    /// Executes the top part's segment from its current instruction, and counts by instruction. If it waits for lanes that an instruction
    /// needs, executes only the part before that. Returns the number of instructions.
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
                if (waits && !operation->FollowsPoison && NeedsOtherLanes(function, operation, mask, part))
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
                (function, first) = LocateResumePoint(number);
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
            if (waits && going != 0 && isBarrier && going != RemainingLanes())
                return Stop(segment.EndInstruction - 1);
            Count(segment.EndInstruction);
            top.Where = segment.Next;
            _runner.Profile.Lanes[end->Site] -= BitOperations.PopCount(mask ^ going);
            if (going != 0 || segment.Control == Control.Branch)
                RunControl(segment, function, end, ref top, mask, going);
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

    /// <summary>Whether an instruction interacts with lanes of the warp that are still elsewhere.</summary>
    private bool NeedsOtherLanes(DecodedFunction function, Operation* operation, uint mask, uint part)
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
                return (wanted & RemainingLanes() & ~mask) != 0;
            case PtxOpcode.Mma or PtxOpcode.WmmaMma or PtxOpcode.Movmatrix or PtxOpcode.Ldmatrix or PtxOpcode.Stmatrix
                or PtxOpcode.WmmaLoadA or PtxOpcode.WmmaLoadB or PtxOpcode.WmmaLoadC or PtxOpcode.WmmaStoreD:
                return (RemainingLanes() & ~mask) != 0;
            default:
                return false;
        }
    }

    /// <summary>Lanes that have not exited the kernel.</summary>
    private uint RemainingLanes()
    {
        uint here = RootLanes;
        foreach (LaneGroup group in _groups!)
            here |= group.Root.Live & _alive;
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
                // The value that it read is in a register: if the register is unchanged, so is the memory.
                _strongReads++;
                break;
            case PtxOpcode.Red or PtxOpcode.CpAsync or PtxOpcode.CpAsyncCommitGroup
                or PtxOpcode.CpAsyncWaitGroup or PtxOpcode.CpAsyncWaitAll
                or PtxOpcode.Stmatrix or PtxOpcode.WmmaStoreD or PtxOpcode.Alloca or PtxOpcode.Stackrestore:
                Effects++;
                break;
        }
    }

    /// <summary>
    /// Whether a store changes memory that other threads can see: global memory, or shared memory that holds a different value.
    /// </summary>
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
    /// Splits the running lane group, or the warp, in two: the lanes of its top part, and the others, which continue where they waited for
    /// those. The others keep the position in the list of lane groups.
    /// </summary>
    private void SplitTop(LaneGroup? whole)
    {
        uint apart = _current.Top.Mask;
        List<Activation> chain = [.. _calls, _current];
        LaneGroup top = Restricted(chain, apart), rest = Restricted(chain, ~apart);
        foreach (Activation old in chain)
            old.Frame!.Users--;
        _groups ??= [];
        if (whole is null)
            _groups.Add(rest);
        else
            _groups[_groups.IndexOf(whole)] = rest;
        _groups.Add(top);
    }

    private static LaneGroup Restricted(List<Activation> chain, uint lanes)
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
        return new LaneGroup(kept, innermost);
    }

    private void Load(LaneGroup group)
    {
        (_calls, _current) = (group.Callers, group.Current);
        Activate();
        // If other lanes are in a function that these do not enter, they may still arrive at it.
        if (_current.Waiting.TryPop(out CallWay way))
            Begin(_current.Calling!, _current.CallingSite, way.Callee, way.Mask);
    }

    /// <summary>Only the loaded lane group is left: the warp is whole again.</summary>
    private void ClearGroups()
    {
        _groups = null;
        _stretch = FirstStretch;
        (_patience, _waiter, _hasWaited) = (0, default, false);
        _watch.Forget();
    }

    /// <summary>Joins lane groups that are at the same instruction with all their lanes; returns whether there were any.</summary>
    private bool Join()
    {
        bool any = false;
        for (int i = 0; i < _groups!.Count; i++)
        {
            for (int j = _groups.Count - 1; j > i; j--)
            {
                if (!CanJoin(_groups[i], _groups[j]))
                    continue;
                Join(_groups[i], _groups[j]);
                _groups.RemoveAt(j);
                any = true;
            }
        }

        return any;
    }

    private bool CanJoin(LaneGroup one, LaneGroup other)
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
    private bool IsSettled(LaneGroup group)
    {
        Activation at = group.Current;
        uint top = at.Top.Mask & at.Live & _alive;
        return top != 0 && at.Waiting.Count == 0 && top == (group.Root.Live & _alive);
    }

    private void Join(LaneGroup one, LaneGroup other)
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
    /// Copies the registers of some lanes; after them come words with one bit for each lane, and the record of poison
    /// (<see cref="WarpPoison"/>).
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
        if (_groups is null)
        {
            while (_current is not null)
                Leave();
        }
        else
        {
            foreach (LaneGroup group in _groups)
            {
                (_calls, _current) = (group.Callers, group.Current);
                while (_current is not null)
                    Leave();
            }
        }

        ClearGroups();
    }
}
