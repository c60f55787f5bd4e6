using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>How a segment goes on after its operations.</summary>
internal enum Control : byte { Next, Branch, BranchTable, Return, Exit, Trap, Call, Barrier, BarrierArrive, BarrierReduce }

/// <summary>
/// Where a source or result lies in a frame: byte offset of a row of 32 lanes, and bytes of each lane; of a predicate, which is one word
/// of 32 bits, 0. Of a register also where its word of lanes that hold poison is and, before the frame, where their origins are
/// (<see cref="WarpPoison"/>); else 0.
/// </summary>
internal readonly record struct Place(int Offset, int Width, bool Negated = false, int Poison = 0, int Origins = 0);

/// <summary>One instruction, decoded: what it does to a warp whose lanes of the mask take part. Offsets are bytes in the frame.</summary>
internal unsafe struct Operation
{
    public delegate*<Warp, Operation*, uint, void> Run;
    public int Guard;
    public uint GuardFlip;
    public int D, A, B, C;
    public int Site, Extra;
    public int Bytes, Count;
    public long Immediate;
    public bool IsStrong, IsQuad;

    /// <summary>Of an access to memory: a source or result may hold poison.</summary>
    public bool Tracks;

    /// <summary>Not the instruction itself: it follows or checks the poison of its operands.</summary>
    public bool FollowsPoison;
}

/// <summary>Operations that are always executed one after the other, and how it goes on then.</summary>
internal sealed record Segment(int FirstOperation, int EndOperation, int FirstInstruction, int EndInstruction, Control Control, int Next, int Reconvergence);

/// <summary>The value of an instruction in one lane, from the bits of its sources.</summary>
internal delegate ulong LaneFunction(ulong a, ulong b, ulong c, ulong d);

/// <summary>What an operation needs besides its offsets.</summary>
internal sealed record Detail(PtxInstruction Instruction, Place[] Results, Place[] Sources, LaneFunction? Function = null, CallSite? Call = null);

/// <summary>A function in the form in which warps run it.</summary>
internal sealed class DecodedFunction
{
    public required PtxFunction Function { get; init; }
    public required Operation[] Operations { get; init; }
    public required Detail[] Details { get; init; }
    public required Segment[] Segments { get; init; }

    /// <summary>By index of an instruction: the segment that begins there, or −1.</summary>
    public required int[] SegmentAt { get; init; }

    /// <summary>What a frame holds when the function begins: constants, and zero for registers.</summary>
    public required byte[] Frame { get; init; }

    /// <summary>The begin of the frame, of which no instruction may find what an earlier call left; what follows are constants and places that are written before they are read.</summary>
    public required int RegisterBytes { get; init; }
    public required IReadOnlyList<(PtxSpecialRegister Register, Place Place)> Specials { get; init; }
    public required IReadOnlyList<Place> Registers { get; init; }

    /// <summary>Local and call-parameter variables: bytes from the frame's base in each thread's stack.</summary>
    public required IReadOnlyDictionary<PtxVariable, int> StackOffsets { get; init; }
    public required int StackBytes { get; init; }

    /// <summary>What a caller hands over and gets back, in this function's frame.</summary>
    public required CallSlot[] Parameters { get; init; }
    public required CallSlot[] Results { get; init; }
    public required int LocalBytes { get; init; }
    public required int FirstSite { get; init; }

    /// <summary>Where the registers' words of lanes that hold poison begin in the frame.</summary>
    public required int PoisonAt { get; init; }

    /// <summary>Bytes before the frame for the origins of poison, which need hold nothing when the function begins.</summary>
    public required int OriginBytes { get; init; }

    /// <summary>The registers that some path reads unwritten, which hold poison when the function begins.</summary>
    public required Place[] Unwritten { get; init; }

    /// <summary>
    /// The same with operations that follow poison out of memory, for warps that have met any; frame and segments are the same. Warps in
    /// which none is about run the other, which knows only of registers that are read unwritten.
    /// </summary>
    public required Lazy<DecodedFunction> Watched { get; init; }
}
