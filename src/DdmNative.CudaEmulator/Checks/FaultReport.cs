using System.Globalization;
using System.Text;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// An instruction of a kernel as reports name it: PTX line, opcode and modifiers as written, and the line of the source if the PTX has
/// <c>.loc</c>; otherwise the file is null.
/// </summary>
public sealed record FaultPlace(int PtxLine, string Instruction, string? SourceFile, int SourceLine)
{
    public static FaultPlace Create(PtxInstruction instruction, IReadOnlyDictionary<int, string> sourceFiles) =>
        instruction.Source.IsKnown && sourceFiles.TryGetValue(instruction.Source.File, out string? file)
            ? new(instruction.Line, instruction.Text, file, instruction.Source.Line)
            : new(instruction.Line, instruction.Text, null, 0);

    public override string ToString() =>
        SourceFile is null ? $"PTX line {PtxLine} ({Instruction})"
        : $"PTX line {PtxLine} ({Instruction}), {Path.GetFileName(SourceFile)}:{SourceLine}";
}

/// <summary>An index in three dimensions: of a block in its grid, or of a thread in its block.</summary>
public readonly record struct FaultIndex(uint X, uint Y, uint Z)
{
    /// <summary>The index of the thread (or block) with a number, in an extent of the given size in x and y.</summary>
    public static FaultIndex FromNumber(uint number, uint extentX, uint extentY) =>
        new(number % extentX, number / extentX % extentY, number / extentX / extentY);

    public override string ToString() => $"({X}, {Y}, {Z})";
}

public enum FaultAccess : byte { Read, Write, Atomic }

/// <summary>
/// The memory that a fault concerns: the allocation or variable that contains the address, or the nearest one. Allocations of the host have
/// no name.
/// </summary>
public sealed record FaultAllocation(ulong Address, ulong Bytes, string? Name, bool IsFreed)
{
    /// <summary>Describes the position of an address relative to the allocation.</summary>
    public string Relation(ulong address)
    {
        string what = (IsFreed ? "freed " : "") + (Name is null ? "allocation" : $"variable {Name}")
            + string.Create(CultureInfo.InvariantCulture, $" of {Bytes} bytes at 0x{Address:x}");
        return address < Address ? $"{Address - address} bytes before the {what}"
            : address < Address + Bytes ? $"{address - Address} bytes into the {what}"
            : $"{address - Address - Bytes} bytes past the end of the {what}";
    }
}

/// <summary>
/// An access to memory that a fault concerns. The address is as the kernel used it: within the space for shared, local and constant memory.
/// The allocation is null if none is near.
/// </summary>
public sealed record FaultMemory(FaultAccess Access, PtxSpace Space, ulong Address, int Bytes, FaultAllocation? Allocation);

/// <summary>
/// The earlier access of a race or of a pending copy; the thread is null if there were several, the place is null if it is not known any
/// more.
/// </summary>
public sealed record FaultOther(FaultAccess Access, FaultIndex? Thread, FaultPlace? Place);

/// <summary>A fault of a kernel, with everything that is needed to locate it.</summary>
public sealed record FaultReport(FaultKind Kind, string Kernel, FaultPlace Place, FaultIndex Block, FaultIndex Thread)
{
    public FaultMemory? Memory { get; init; }

    public FaultOther? Other { get; init; }

    /// <summary>
    /// The earlier instruction that read <see cref="Memory"/>, if the value reached this instruction through registers; otherwise null.
    /// </summary>
    public FaultPlace? Origin { get; init; }

    /// <summary>
    /// What was found and what was expected, if <see cref="Memory"/> and <see cref="Other"/> do not say it; without a full stop.
    /// </summary>
    public string? Detail { get; init; }

    /// <summary>Several lines: what happened and where; the access; the other access; what to do.</summary>
    public string Message
    {
        get
        {
            StringBuilder text = new();
            text.Append(CultureInfo.InvariantCulture, $"{Kind.Title()} in kernel {Kernel} at {Place}, block {Block}, thread {Thread}");
            if (Memory is not null && Origin is not null)
                text.Append(CultureInfo.InvariantCulture, $"\n  it was read at {Origin}, which {Describe(Memory)}");
            else if (Memory is not null)
                text.Append(CultureInfo.InvariantCulture, $"\n  {Describe(Memory)}");
            if (Other is not null)
                text.Append(CultureInfo.InvariantCulture, $"\n  {Describe(Other)}");
            if (Detail is not null)
                text.Append("\n  ").Append(Detail);
            if (Advice is not null)
                text.Append("\n  ").Append(Advice);
            return text.ToString();
        }
    }

    private string? Advice => Kind switch
    {
        FaultKind.SharedWriteWriteRace or FaultKind.SharedReadWriteRace =>
            "order the two by __syncthreads(), or by __syncwarp() if both threads are in one warp",
        FaultKind.AsyncCopyNotAwaited => "wait with cp.async.wait_group in the thread that copies, and with a barrier in the others",
        FaultKind.UninitialisedGlobal => "the host neither copied nor set it, and no kernel wrote it",
        FaultKind.UninitialisedShared => "no thread of this block has written it",
        FaultKind.UninitialisedRegister => "no path that this thread took has written it",
        FaultKind.InstructionLimit => "the loop may be infinite; if it is not, raise DDM_CUDA_EMULATOR_INSTRUCTION_LIMIT",
        _ => null,
    };

    public override string ToString() => Message;

    private static string Describe(FaultMemory memory)
    {
        string verb = memory.Access switch { FaultAccess.Read => "reads", FaultAccess.Write => "writes", _ => "updates" };
        string space = memory.Space == PtxSpace.Generic ? "" : memory.Space.ToString().ToLowerInvariant() + " ";
        string where = memory.Allocation is null ? "no allocation is near" : memory.Allocation.Relation(memory.Address);
        return string.Create(CultureInfo.InvariantCulture, $"{verb} {memory.Bytes} bytes at {space}0x{memory.Address:x}: {where}");
    }

    private static string Describe(FaultOther other)
    {
        string verb = other.Access switch { FaultAccess.Read => "read", FaultAccess.Write => "written", _ => "updated" };
        string who = other.Thread is { } thread ? $"thread {thread}" : "other threads";
        return $"{verb} before by {who}" + (other.Place is null ? "" : $" at {other.Place}");
    }
}
