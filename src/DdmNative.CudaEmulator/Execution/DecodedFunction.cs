using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>How execution continues after a segment's operations.</summary>
internal enum Control : byte { Next, Branch, BranchTable, Return, Exit, Trap, Call, Barrier, BarrierArrive, BarrierReduce }

/// <summary>
/// The location of a source or result in a frame: byte offset of a row of 32 lanes, and bytes of each lane; 0 for a predicate, which is one
/// word of 32 bits. For registers also the offsets of the word of lanes that hold poison and, before the frame, of their origins
/// (<see cref="WarpPoison"/>); otherwise 0.
/// </summary>
internal readonly record struct Place(int Offset, int Width, bool Negated = false, int Poison = 0, int Origins = 0);

/// <summary>
/// One decoded instruction: how it changes the state of a warp whose lanes of the mask take part. Offsets are bytes in the frame.
/// </summary>
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

    /// <summary>For an access to memory: a source or result may hold poison.</summary>
    public bool Tracks;

    /// <summary>Not the instruction itself: propagates or checks the poison of its operands.</summary>
    public bool FollowsPoison;
}

/// <summary>Operations that are always executed one after the other, and how execution continues after them.</summary>
internal sealed record Segment(int FirstOperation, int EndOperation, int FirstInstruction, int EndInstruction, Control Control, int Next,
    int Reconvergence);

/// <summary>The value of an instruction in one lane, from the bits of its sources.</summary>
internal delegate ulong LaneFunction(ulong a, ulong b, ulong c, ulong d);

/// <summary>The data of an operation that do not fit into <see cref="Operation"/>.</summary>
internal sealed record Detail(PtxInstruction Instruction, Place[] Results, Place[] Sources, LaneFunction? Function = null,
    CallSite? Call = null);

/// <summary>A function in the form that warps execute.</summary>
internal sealed class DecodedFunction
{
    public required PtxFunction Function { get; init; }
    public required Operation[] Operations { get; init; }
    public required Detail[] Details { get; init; }
    public required Segment[] Segments { get; init; }

    /// <summary>By index of an instruction: the segment that starts there, or −1.</summary>
    public required int[] SegmentAt { get; init; }

    /// <summary>The contents of a frame when the function starts: constants, and zero for registers.</summary>
    public required byte[] Frame { get; init; }

    /// <summary>
    /// Bytes at the start of the frame that are reset for each call; the bytes after them are constants and locations that are written
    /// before they are read.
    /// </summary>
    public required int RegisterBytes { get; init; }
    public required IReadOnlyList<(PtxSpecialRegister Register, Place Place)> Specials { get; init; }
    public required IReadOnlyList<Place> Registers { get; init; }

    /// <summary>Bytes of local and call-parameter variables, from the frame's base in each thread's stack.</summary>
    public required IReadOnlyDictionary<PtxVariable, int> StackOffsets { get; init; }
    public required int StackBytes { get; init; }

    /// <summary>The parameters and results of the function, in its frame.</summary>
    public required CallSlot[] Parameters { get; init; }
    public required CallSlot[] Results { get; init; }
    public required int LocalBytes { get; init; }
    public required int FirstSite { get; init; }

    /// <summary>The offset in the frame of the registers' words of lanes that hold poison.</summary>
    public required int PoisonAt { get; init; }

    /// <summary>Bytes before the frame for the origins of poison, which need not be initialised when the function starts.</summary>
    public required int OriginBytes { get; init; }

    /// <summary>The registers that are read unwritten on some path, which hold poison when the function starts.</summary>
    public required Place[] Unwritten { get; init; }

    /// <summary>
    /// The same function with operations that propagate poison from memory, for warps that have loaded some; frame and segments are the
    /// same. Warps without poison from memory run the plain form, which tracks only registers that are read unwritten.
    /// </summary>
    public required Lazy<DecodedFunction> Watched { get; init; }
}
