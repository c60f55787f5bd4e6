namespace DdmNative.CudaEmulator.Ptx;

/// <summary>
/// A position in an initialiser that contains an address, known when the module is loaded: <c>symbol + offset</c>, <c>generic(symbol)</c>
/// if it is generic.
/// </summary>
public sealed record PtxRelocation(int ByteOffset, int ByteSize, string Symbol, long Addend, bool Generic);

/// <summary>
/// A variable in memory: a module's global, constant or shared variable, or a function's parameter, shared or local variable.
/// </summary>
public sealed class PtxVariable
{
    public required string Name { get; init; }
    public required PtxSpace Space { get; init; }
    public required PtxType Type { get; init; }

    /// <summary>Size in bytes; zero for <c>.extern .shared x[]</c>, whose size the launch specifies.</summary>
    public required ulong Size { get; init; }

    /// <summary>Alignment in bytes; that of the type if none was written.</summary>
    public required int Alignment { get; init; }

    /// <summary>Declared here, defined elsewhere; for shared memory: the dynamic part.</summary>
    public bool IsExternal { get; init; }

    /// <summary>Bytes at the start of the variable; the rest is zero. Null if there is no initialiser.</summary>
    public byte[]? Initialiser { get; init; }

    public IReadOnlyList<PtxRelocation> Relocations { get; init; } = [];

    /// <summary>One-based PTX line of the declaration.</summary>
    public int Line { get; init; }

    /// <summary>Byte offset within the parameter block, for a kernel's parameters.</summary>
    public int ParameterOffset { get; internal set; }
}
