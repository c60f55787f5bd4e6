namespace DdmNative.CudaEmulator.Ptx;

/// <summary>A virtual register; names may repeat where nested scopes shadow, indices do not.</summary>
public sealed record PtxRegister(int Index, string Name, PtxType Type);

/// <summary>A kernel (<c>.entry</c>) or device function (<c>.func</c>).</summary>
public sealed class PtxFunction
{
    public required string Name { get; init; }

    /// <summary>A kernel, which the host can launch.</summary>
    public required bool IsEntry { get; init; }

    /// <summary>Only a prototype: the body is elsewhere.</summary>
    public bool IsDeclaration { get; init; }

    public required IReadOnlyList<PtxVariable> Parameters { get; init; }

    /// <summary>Results; in old-style functions they are registers, so only results in variables are here.</summary>
    public IReadOnlyList<PtxVariable> Results { get; init; } = [];

    /// <summary>Bytes of a kernel's parameter block, including padding.</summary>
    public int ParameterBytes { get; init; }

    public IReadOnlyList<PtxRegister> Registers { get; init; } = [];

    /// <summary>
    /// Indices of the parameters and results that are registers (<c>.func (.reg .b32 r) f (.reg .b32 a)</c>), in order; otherwise empty.
    /// </summary>
    public IReadOnlyList<int> ParameterRegisters { get; init; } = [];

    public IReadOnlyList<int> ResultRegisters { get; init; } = [];

    /// <summary>Shared, local and call-parameter variables of the body, from all scopes.</summary>
    public IReadOnlyList<PtxVariable> Variables { get; init; } = [];

    public IReadOnlyList<PtxInstruction> Instructions { get; init; } = [];

    /// <summary>Maximum number of threads of a block, <c>.maxntid</c>, or (0, 0, 0).</summary>
    public (int X, int Y, int Z) MaxThreads { get; init; }

    /// <summary>Required number of threads of a block, <c>.reqntid</c>, or (0, 0, 0).</summary>
    public (int X, int Y, int Z) RequiredThreads { get; init; }

    public int MinBlocksPerMultiprocessor { get; init; }

    /// <summary>One-based PTX line.</summary>
    public int Line { get; init; }
}
