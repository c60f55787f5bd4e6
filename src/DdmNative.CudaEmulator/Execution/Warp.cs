using System.Numerics;
using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

internal enum WarpStatus : byte { Ready, Barrier, Done }

/// <summary>
/// 32 threads that run together. A stack of (instruction, join point, lanes) holds the parts of a diverged warp: the top part runs until it
/// reaches the join point, then the next one runs. A part that waits there for another part would wait forever: in that case they become
/// lane groups, which take turns (WarpProgress.cs).
/// </summary>
internal sealed unsafe partial class Warp : IDisposable
{
    /// <summary>The windows of shared and local memory among generic addresses.</summary>
    public const ulong SharedWindow = 1UL << 40, LocalWindow = 1UL << 41;

    private const int DeepestCall = 96, CallStackBytes = 16 << 10;

    private readonly BlockRunner _runner;
    private readonly Dictionary<DecodedFunction, (long[] Warps, long[] Lanes)> _counts = [];
    private readonly Dictionary<DecodedFunction, Stack<nint>> _spareFrames = [];
    private readonly List<nint> _frames = [];
    private readonly DecodedFunction _kernel;
    private List<Activation> _calls = [];
    private Activation _current;
    private uint _alive;
    private Operation* _stop;
    private (int Site, nint Run) _spreadAt;

    public Warp(BlockRunner runner, int index, uint lanes)
    {
        this._runner = runner;
        Index = index;
        Lanes = lanes;
        _kernel = runner.Launch.Kernel.Decoded[runner.Launch.Kernel.Function];
        LocalStride = runner.Launch.Kernel.Decoded.Values.Sum(function => function.StackBytes)
            + (runner.Launch.Kernel.NeedsDeepStack ? CallStackBytes : 0);
        Local = (byte*)NativeMemory.AlignedAlloc((nuint)(LocalStride * 32 + 256), 256);
        Addresses = (ulong*)NativeMemory.AlignedAlloc(32 * 8 * 3, 64);
        _current = null!;
        Poison = new WarpPoison(this);
    }

    public int Index { get; }

    /// <summary>Threads that exist: fewer than 32 in the last warp of a block.</summary>
    public uint Lanes { get; }

    public uint Alive => _alive;

    public BlockRunner Runner => _runner;

    public byte* Frame { get; private set; }

    public Detail[] Details { get; private set; } = [];

    /// <summary>The base of the running function in each thread's stack.</summary>
    public long StackBase { get; private set; }

    public byte* Local { get; }

    public int LocalStride { get; }

    /// <summary>Three rows of 32 for addresses, other addresses and pointers.</summary>
    public ulong* Addresses { get; }

    public Allocation? Last { get; set; }

    /// <summary>How the host's addresses of the last access are arranged.</summary>
    public AccessLayout Layout { get; set; }

    public WarpPoison Poison { get; }

    /// <summary>
    /// Registers may hold poison that came from memory: the warp runs the form of functions that propagates it
    /// (<see cref="DecodedFunction.Watched"/>).
    /// </summary>
    public bool IsPoisoned { get; private set; }

    public WarpStatus Status { get; set; }

    public int BarrierId { get; private set; }

    public int BarrierWarps { get; private set; }

    public bool BarrierWaits { get; private set; }

    public uint BarrierVotes { get; private set; }

    public int BarrierSite { get; private set; }

    public static PtxSpace SpaceOf(ulong address)
        => (address >> 24) switch { SharedWindow >> 24 => PtxSpace.Shared, LocalWindow >> 24 => PtxSpace.Local, _ => PtxSpace.Global };

    public void Begin()
    {
        LeaveAll();
        _alive = Lanes;
        Status = WarpStatus.Ready;
        IsPoisoned = false;
        Poison.Begin();
        Enter(_kernel, Lanes, 0);
    }

    /// <summary>
    /// Runs the top parts until they have executed more than the given number of instructions, or the warp arrives at a barrier or has
    /// ended. Returns the rest of the instructions.
    /// </summary>
    private int RunSegments(int instructions)
    {
        while (true)
        {
            Activation at = _current;
            ref Part top = ref at.Top;
            top.Mask &= at.Live & _alive;
            if (top.Mask == 0 || top.Where == top.Meet)
            {
                if (at.Pop())
                    continue;
                if (Return())
                    continue;
                Status = WarpStatus.Done;
                return instructions;
            }

            DecodedFunction function = Code;
            if (top.Where >= function.SegmentAt.Length - 1)
            {
                at.Live &= ~top.Mask;
                continue;
            }

            int number = function.SegmentAt[top.Where];
            uint mask = top.Mask;
            at.SegmentWarps[number]++;
            at.SegmentLanes[number] += BitOperations.PopCount(mask);
            Segment segment = function.Segments[number];
            int length = segment.EndInstruction - segment.FirstInstruction;
            if ((_runner.Budget -= length) < 0)
                throw LimitFault(function.FirstSite + segment.FirstInstruction, mask);
            int first = segment.FirstOperation;
        Execute:
            fixed (Operation* operations = function.Operations)
            {
                Operation* end = _stop = operations + segment.EndOperation;
                for (Operation* operation = operations + first; operation < _stop; operation++)
                {
                    uint part = mask;
                    if (operation->Guard >= 0)
                    {
                        part &= *(uint*)(Frame + operation->Guard) ^ operation->GuardFlip;
                        _runner.Profile.Lanes[operation->Site] -= BitOperations.PopCount(mask ^ part);
                        if (part == 0)
                        {
                            continue;
                        }
                    }

                    operation->Run(this, operation, part);
                }

                if (_stop != end)
                {
                    // The last operation loaded poison: continue after it in the form of the code that propagates poison.
                    (function, first) = LocateResumePoint(number);
                    segment = function.Segments[number];
                    goto Execute;
                }

                top.Where = segment.Next;
                if (segment.Control != Control.Next)
                {
                    uint part = end->Guard >= 0 ? mask & (*(uint*)(Frame + end->Guard) ^ end->GuardFlip) : mask;
                    if (end->Guard >= 0)
                        _runner.Profile.Lanes[end->Site] -= BitOperations.PopCount(mask ^ part);
                    if (part != 0 || segment.Control == Control.Branch)
                        RunControl(segment, function, end, ref top, mask, part);
                    if (Status != WarpStatus.Ready)
                        return instructions - length;
                }
            }

            if ((instructions -= length) < 0)
                return instructions;
        }
    }

    /// <summary>A barrier releases the warp; the result of <c>bar.red</c> is derived from the votes of all threads.</summary>
    public void Release(int votes, int voters)
    {
        Status = WarpStatus.Ready;
        Segment? reduced = _current.Reducing;
        if (reduced is null)
            return;
        _current.Reducing = null;
        Detail detail = Details[Code.Operations[reduced.EndOperation].Extra];
        ulong value = detail.Instruction.Modifiers.Operation switch { PtxOperation.And => votes == voters
            ? 1UL : 0, PtxOperation.Or => votes > 0 ? 1UL : 0, _ => (ulong)votes };
        for (int lane = 0; lane < 32; lane++)
        {
            if ((_current.Top.Mask >> lane & 1) != 0)
                LaneOperations.Write(Frame, detail.Results[0], lane, value);
        }
    }

    /// <summary>An operation, or a call if null, loaded poison from memory into a register: from now on the warp tracks it.</summary>
    public void SpreadPoison(Operation* operation)
    {
        if (IsPoisoned)
            return;
        IsPoisoned = true;
        if (operation != null)
            _spreadAt = (operation->Site, (nint)operation->Run);
        _stop = null;
        Activate();
    }

    /// <summary>The name of a register in a frame, of the running function or of a caller.</summary>
    public string RegisterName(byte* frame, Place register)
    {
        DecodedFunction function = _calls.Prepend(_current).First(activation => activation.Memory == (nint)frame).Function;
        int index = (register.Poison - function.PoisonAt) / sizeof(uint);
        return index < function.Function.Registers.Count ? function.Function.Registers[index].Name : "CC.CF";
    }

    /// <summary>The exception for a fault of the first lane of the mask.</summary>
    public EmulatorException Fault(FaultKind kind, int site, uint mask, FaultMemory? memory, string? detail = null) =>
        Fault(_runner.Watch.Report(kind, site, Index * 32 + BitOperations.TrailingZeroCount(mask), memory, detail));

    public static EmulatorException Fault(FaultReport report) => new(
        report.Kind switch
        {
            FaultKind.OutOfBounds or FaultKind.UseAfterFree or FaultKind.WriteToConstant => CudaError.IllegalAddress,
            FaultKind.Misaligned => CudaError.MisalignedAddress,
            FaultKind.InstructionLimit => CudaError.LaunchTimeout,
            FaultKind.Assertion => CudaError.Assert,
            _ => CudaError.LaunchFailed,
        },
        report);

    /// <summary>Adds the counts by segment to the profile's sites.</summary>
    public void Collect(KernelProfile profile)
    {
        foreach ((DecodedFunction function, (long[] warpCounts, long[] laneCounts)) in _counts)
        {
            for (int i = 0; i < function.Segments.Length; i++)
            {
                Segment segment = function.Segments[i];
                for (int instruction = segment.FirstInstruction; instruction < segment.EndInstruction; instruction++)
                {
                    profile.Warps[function.FirstSite + instruction] += warpCounts[i];
                    profile.Lanes[function.FirstSite + instruction] += laneCounts[i];
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (nint frame in _frames)
            NativeMemory.AlignedFree((void*)frame);
        NativeMemory.AlignedFree(Local);
        NativeMemory.AlignedFree(Addresses);
    }

    /// <summary>The form of the code that propagates poison, and its operation after the one that loaded some in this segment.</summary>
    private (DecodedFunction Function, int Operation) LocateResumePoint(int segment)
    {
        (int site, nint run) = _spreadAt;
        DecodedFunction function = Code;
        return (function, 1 + Array.FindIndex(function.Operations, function.Segments[segment].FirstOperation,
            candidate => candidate.Site == site && (nint)candidate.Run == run));
    }

    private DecodedFunction Code => IsPoisoned ? _current.Function.Watched.Value : _current.Function;

    private void RunControl(Segment segment, DecodedFunction function, Operation* operation, ref Part top, uint mask, uint part)
    {
        Detail detail = function.Details[operation->Extra];
        switch (segment.Control)
        {
            case Control.Branch:
                int target = ((PtxLabelOperand)detail.Instruction.Operands[0]).Target;
                if (part == mask)
                {
                    top.Where = target;
                }
                else if (part != 0)
                {
                    _runner.Profile.Divergences[operation->Site]++;
                    _current.Split(segment.Reconvergence, segment.Next, mask & ~part, target, part);
                }

                break;
            case Control.BranchTable:
                BranchByTable(segment, detail, operation, mask, part);
                break;
            case Control.Return:
                _current.Live &= ~part;
                break;
            case Control.Exit:
                _alive &= ~part;
                break;
            case Control.Trap:
                throw Fault(FaultKind.Trap, operation->Site, part, null);
            case Control.Call:
                Call(detail, operation, part);
                break;
            default:
                Barrier(segment, detail, operation, part);
                break;
        }
    }

    private void BranchByTable(Segment segment, Detail detail, Operation* operation, uint mask, uint part)
    {
        List<(int Target, uint Mask)> ways = [];
        if (mask != part)
            ways.Add((segment.Next, mask & ~part));
        for (uint rest = part; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            ulong index = LaneOperations.Read(Frame, detail.Sources[0], lane);
            if (index >= (ulong)detail.Instruction.BranchTargets.Count)
                throw Fault(FaultKind.Trap, operation->Site, 1u << lane, null,
                    $"index {index} of a table of {detail.Instruction.BranchTargets.Count} branch targets");
            int target = detail.Instruction.BranchTargets[(int)index].Target;
            int known = ways.FindIndex(way => way.Target == target);
            if (known < 0)
                ways.Add((target, 1u << lane));
            else
                ways[known] = (target, ways[known].Mask | 1u << lane);
        }

        if (ways.Count == 1)
        {
            _current.Top.Where = ways[0].Target;
            return;
        }

        _runner.Profile.Divergences[operation->Site]++;
        _current.Split(segment.Reconvergence, ways);
    }

    private void Barrier(Segment segment, Detail detail, Operation* operation, uint part)
    {
        if (part != Lanes)
            throw Fault(
                FaultKind.PartialBarrier, operation->Site, part, null,
                $"lanes 0x{part:x8} of warp {Index} arrive at the barrier, expected all of 0x{Lanes:x8}");
        int lane = BitOperations.TrailingZeroCount(part);
        ulong id = LaneOperations.Read(Frame, detail.Sources[0], lane);
        int counts = segment.Control == Control.BarrierReduce ? detail.Sources.Length - 1 : detail.Sources.Length;
        ulong threads = counts > 1 ? LaneOperations.Read(Frame, detail.Sources[1], lane) : (ulong)_runner.WarpCount * 32;
        if (id > 15 || threads % 32 != 0 || threads == 0 || threads > (ulong)_runner.WarpCount * 32)
            throw Fault(FaultKind.PartialBarrier, operation->Site, part, null,
                $"barrier {id} of {threads} threads, expected 0 to 15 and a multiple of 32 that the block has");
        BarrierId = (int)id;
        BarrierWarps = (int)(threads / 32);
        BarrierWaits = segment.Control != Control.BarrierArrive;
        BarrierSite = operation->Site;
        BarrierVotes = 0;
        if (segment.Control == Control.BarrierReduce)
        {
            Place vote = detail.Sources[^1];
            BarrierVotes = (*(uint*)(Frame + vote.Offset) ^ (vote.Negated ? uint.MaxValue : 0)) & part;
            _current.Reducing = segment;
        }

        Status = WarpStatus.Barrier;
    }

    /// <summary>
    /// Lanes that call different functions call one function after the other, that of the lowest lane first, and join after the call.
    /// </summary>
    private void Call(Detail detail, Operation* operation, uint part)
    {
        PtxCall call = detail.Instruction.Call!;
        LoadedModule module = _runner.Launch.Kernel.Module;
        if (call.Target is PtxFunctionOperand named)
        {
            if (module.Defined(named.Name) is { } function)
            {
                Begin(detail.Call!, operation->Site, Callee(function, detail.Call!, operation->Site, part), part);
                return;
            }

            Effects++;
            SystemCalls.Run(this, named.Name, detail.Call!, operation->Site, part);
            return;
        }

        List<CallWay> ways = [];
        for (uint rest = part; rest != 0; rest &= rest - 1)
        {
            uint lane = rest & 0 - rest;
            PtxFunction function = module.FunctionAt(LaneOperations.Read(Frame, detail.Sources[0], BitOperations.TrailingZeroCount(rest)))
                ?? throw Fault(FaultKind.Trap, operation->Site, lane, null, "a call through a pointer that is not a function");
            DecodedFunction callee = Callee(function, detail.Call!, operation->Site, lane);
            int known = ways.FindIndex(way => way.Callee == callee);
            if (known < 0)
                ways.Add(new CallWay(callee, lane));
            else
                ways[known] = new CallWay(callee, ways[known].Mask | lane);
        }

        if (ways.Count > 1)
            _runner.Profile.Divergences[operation->Site]++;
        for (int i = ways.Count - 1; i > 0; i--)
            _current.Waiting.Push(ways[i]);
        Begin(detail.Call!, operation->Site, ways[0].Callee, ways[0].Mask);
    }

    private DecodedFunction Callee(PtxFunction function, CallSite call, int site, uint lanes)
    {
        if (!_runner.Launch.Kernel.Decoded.TryGetValue(function, out DecodedFunction? callee))
            throw Fault(FaultKind.Trap, site, lanes, null, $"a call of {function.Name}, which is a kernel, expected a function");
        if (callee.Parameters.Length != call.Arguments.Length || (call.Results.Length > 0 && callee.Results.Length != call.Results.Length))
            throw Fault(FaultKind.Trap, site, lanes, null,
                $"a call of {function.Name} with {call.Arguments.Length} arguments and {call.Results.Length} results, expected "
                + $"{callee.Parameters.Length} and {callee.Results.Length}");
        return callee;
    }

    private void Begin(CallSite call, int site, DecodedFunction callee, uint mask)
    {
        Activation caller = _current;
        long calleeBase = (caller.StackBase + caller.Function.StackBytes + caller.MaxAllocated(mask) + 15) / 16 * 16;
        if (_calls.Count >= DeepestCall || calleeBase + callee.StackBytes > LocalStride)
            throw Fault(FaultKind.Trap, site, mask, null,
                $"{_calls.Count} calls within one another need more than the {LocalStride} bytes of a thread's stack");
        caller.Calling = call;
        caller.CallingSite = site;
        Enter(callee, mask, calleeBase);
        for (int i = 0; i < call.Arguments.Length; i++)
            CallTransfer.Copy(this, mask, (byte*)caller.Memory, caller.StackBase, call.Arguments[i], Frame, calleeBase,
                callee.Parameters[i]);
    }

    /// <summary>Returns to the caller, if there is one, or continues with the next function that other lanes call.</summary>
    private bool Return()
    {
        if (_calls.Count == 0)
            return false;
        Activation callee = _current, caller = _calls[^1];
        CallSite call = caller.Calling!;
        for (int i = 0; i < call.Results.Length; i++)
            CallTransfer.Copy(this, callee.Entered & _alive, (byte*)callee.Memory, callee.StackBase, callee.Function.Results[i],
                (byte*)caller.Memory, caller.StackBase, call.Results[i]);
        Leave();
        if (caller.Waiting.TryPop(out CallWay way))
            Begin(call, caller.CallingSite, way.Callee, way.Mask);
        return true;
    }

    /// <summary>The first free byte above a thread's stack.</summary>
    public long StackTop(int lane) => StackBase + _current.Function.StackBytes + _current.Allocated[lane];

    public void SetStackTop(int site, int lane, ulong top)
    {
        long allocated = (long)top - StackBase - _current.Function.StackBytes;
        if (allocated < 0 || top > (ulong)LocalStride)
            throw Fault(
                FaultKind.Trap, site, 1u << lane, null,
                $"stackrestore of 0x{top:x}, expected an address that stacksave returned in this function");
        _current.Allocated[lane] = allocated;
    }

    /// <summary>Allocates bytes on the stack of a thread, valid until its function returns; returns the address.</summary>
    public ulong AllocateOnStack(int site, int lane, ulong bytes, long alignment)
    {
        long address = (StackTop(lane) + alignment - 1) / alignment * alignment;
        if (address > LocalStride || bytes > (ulong)(LocalStride - address))
            throw Fault(FaultKind.Trap, site, 1u << lane, null,
                $"alloca of {bytes} bytes, but of a thread's stack of {LocalStride} bytes only {Math.Max(0, LocalStride - address)} are "
                + $"left");
        _current.Allocated[lane] = address + (long)bytes - StackBase - _current.Function.StackBytes;
        return (ulong)address;
    }

    /// <summary>The host's memory at a generic address of a thread, for system functions.</summary>
    public byte* Pointer(int site, int lane, ulong address, int bytes)
    {
        ulong offset = address & (1UL << 24) - 1;
        switch (SpaceOf(address))
        {
            case PtxSpace.Local when offset + (ulong)bytes <= (ulong)LocalStride:
                return Local + (long)lane * LocalStride + (long)offset;
            case PtxSpace.Shared when offset + (ulong)bytes <= (ulong)_runner.Launch.SharedBytes:
                return _runner.Shared + offset;
            case PtxSpace.Global when _runner.Launch.Device.Memory.Find(address) is { } found && found.Holds(address, (ulong)bytes):
                return found.Host + (address - found.Address);
            default:
                throw Fault(FaultKind.OutOfBounds, site, 1u << lane,
                    new FaultMemory(FaultAccess.Read, SpaceOf(address), address, bytes,
                    _runner.Launch.Device.Memory.Nearest(address)?.Describe()));
        }
    }

    private void Enter(DecodedFunction function, uint mask, long stackBase)
    {
        if (!_spareFrames.TryGetValue(function, out Stack<nint>? spare))
            _spareFrames[function] = spare = new();
        if (!_counts.TryGetValue(function, out (long[] Warps, long[] Lanes) count))
            _counts[function] = count = (new long[function.Segments.Length], new long[function.Segments.Length]);
        bool isNew = !spare.TryPop(out nint memory);
        if (isNew)
        {
            nuint bytes = (nuint)(function.OriginBytes + function.Frame.Length + 512);
            nint allocated = (nint)NativeMemory.AlignedAlloc(bytes, 64);
            _frames.Add(allocated);
            memory = allocated + function.OriginBytes;
            function.Frame.AsSpan().CopyTo(new Span<byte>((void*)memory, function.Frame.Length));
        }
        else
        {
            new Span<byte>((void*)memory, function.RegisterBytes).Clear();
        }

        foreach (Place register in function.Unwritten)
        {
            *(uint*)(memory + register.Poison) = uint.MaxValue;
            new Span<byte>((void*)(memory + register.Origins), WarpPoison.OriginBytes).Clear();
        }

        if (_current is not null)
            _calls.Add(_current);
        _current = new Activation(function, memory, stackBase, mask, count.Warps, count.Lanes);
        Activate();
        foreach ((PtxSpecialRegister register, Place place) in function.Specials)
        {
            // Everything else is the same for a warp of any block.
            if (!isNew && register is not (PtxSpecialRegister.CtaidX or PtxSpecialRegister.CtaidY or PtxSpecialRegister.CtaidZ))
                continue;
            for (int lane = 0; lane < 32; lane++)
                LaneOperations.Write(Frame, place, lane, Special(register, lane));
        }
    }

    private void Leave()
    {
        if (_current.Frame is not { } shared || --shared.Users == 0)
            _spareFrames[_current.Function].Push(_current.Memory);
        if (_calls.Count == 0)
        {
            _current = null!;
            return;
        }

        _current = _calls[^1];
        _calls.RemoveAt(_calls.Count - 1);
        Activate();
    }

    private void Activate()
    {
        Frame = (byte*)_current.Memory;
        Details = Code.Details;
        StackBase = _current.StackBase;
    }

    private ulong Special(PtxSpecialRegister register, int lane)
    {
        (Dim3 threads, Dim3 grid) = (_runner.Launch.Block, _runner.Launch.Grid);
        uint thread = (uint)(Index * 32 + lane);
        return register switch
        {
            PtxSpecialRegister.TidX => thread % threads.X,
            PtxSpecialRegister.TidY => thread / threads.X % threads.Y,
            PtxSpecialRegister.TidZ => thread / threads.X / threads.Y,
            PtxSpecialRegister.NtidX => threads.X,
            PtxSpecialRegister.NtidY => threads.Y,
            PtxSpecialRegister.NtidZ => threads.Z,
            PtxSpecialRegister.CtaidX => _runner.Block.X,
            PtxSpecialRegister.CtaidY => _runner.Block.Y,
            PtxSpecialRegister.CtaidZ => _runner.Block.Z,
            PtxSpecialRegister.NctaidX => grid.X,
            PtxSpecialRegister.NctaidY => grid.Y,
            PtxSpecialRegister.NctaidZ => grid.Z,
            PtxSpecialRegister.LaneId => (ulong)lane,
            PtxSpecialRegister.WarpId => (ulong)Index,
            PtxSpecialRegister.NWarpId => (ulong)_runner.WarpCount,
            PtxSpecialRegister.NSmId => 1,
            PtxSpecialRegister.LanemaskEq => 1u << lane,
            PtxSpecialRegister.LanemaskLe => uint.MaxValue >> 31 - lane,
            PtxSpecialRegister.LanemaskLt => (1u << lane) - 1,
            PtxSpecialRegister.LanemaskGe => uint.MaxValue << lane,
            PtxSpecialRegister.LanemaskGt => lane == 31 ? 0 : uint.MaxValue << lane + 1,
            PtxSpecialRegister.DynamicSharedSize => (ulong)_runner.Launch.DynamicSharedBytes,
            PtxSpecialRegister.TotalSharedSize => (ulong)_runner.Launch.SharedBytes,
            _ => 0,
        };
    }
}
