namespace DdmNative.CudaEmulator.Ptx;

/// <summary>A parsed PTX module.</summary>
public sealed class PtxModule
{
    /// <summary>ISA version, e.g. (7, 8).</summary>
    public required (int Major, int Minor) Version { get; init; }

    /// <summary>E.g. <c>sm_80</c>.</summary>
    public required string Target { get; init; }

    /// <summary>Bits of an address: 64, or 32.</summary>
    public required int AddressSize { get; init; }

    /// <summary>Global, constant and module-scope shared variables.</summary>
    public required IReadOnlyList<PtxVariable> Variables { get; init; }

    public required IReadOnlyList<PtxFunction> Functions { get; init; }

    /// <summary>Paths by their number in <c>.file</c>.</summary>
    public required IReadOnlyDictionary<int, string> SourceFiles { get; init; }

    /// <summary>The function or kernel of that name that has a body, otherwise its declaration, otherwise null.</summary>
    public PtxFunction? Find(string name) =>
        Functions.FirstOrDefault(function => function.Name == name && !function.IsDeclaration)
        ?? Functions.FirstOrDefault(function => function.Name == name);
}
