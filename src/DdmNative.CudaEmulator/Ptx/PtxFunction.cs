namespace DdmNative.CudaEmulator.Ptx;

/// <summary>A virtual register; names may repeat where nested scopes shadow, indices do not.</summary>
public sealed record PtxRegister(int Index, string Name, PtxType Type);

/// <summary>A kernel (<c>.entry</c>) or device function (<c>.func</c>).</summary>
public sealed class PtxFunction
{
    public required string Name { get; init; }

    /// <summary>A kernel, which the host can launch.</summary>
    public required bool IsEntry { get; init; }

    /// <summary>A prototype only: the body is elsewhere.</summary>
    public bool IsDeclaration { get; init; }

    public required IReadOnlyList<PtxVariable> Parameters { get; init; }

    /// <summary>Results; registers in old-style functions, hence only their variables are here.</summary>
    public IReadOnlyList<PtxVariable> Results { get; init; } = [];

    /// <summary>Bytes of the parameter block of a kernel, with its paddings.</summary>
    public int ParameterBytes { get; init; }

    public IReadOnlyList<PtxRegister> Registers { get; init; } = [];

    /// <summary>Parameters and results that are registers (<c>.func (.reg .b32 r) f (.reg .b32 a)</c>), by index, in order; else empty.</summary>
    public IReadOnlyList<int> ParameterRegisters { get; init; } = [];

    public IReadOnlyList<int> ResultRegisters { get; init; } = [];

    /// <summary>Shared, local and call-parameter variables of the body, all scopes together.</summary>
    public IReadOnlyList<PtxVariable> Variables { get; init; } = [];

    public IReadOnlyList<PtxInstruction> Instructions { get; init; } = [];

    /// <summary>Threads a block may have at most, <c>.maxntid</c>, or (0, 0, 0).</summary>
    public (int X, int Y, int Z) MaxThreads { get; init; }

    /// <summary>Threads a block must have, <c>.reqntid</c>, or (0, 0, 0).</summary>
    public (int X, int Y, int Z) RequiredThreads { get; init; }

    public int MinBlocksPerMultiprocessor { get; init; }

    /// <summary>One-based PTX line.</summary>
    public int Line { get; init; }
}
