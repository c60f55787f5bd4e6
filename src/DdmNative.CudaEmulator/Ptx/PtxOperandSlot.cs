namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Operands that a slot accepts. Sizes follow the instruction's types, except if a number of bytes is written.</summary>
internal enum PtxSlotKind : byte
{
    /// <summary><c>d</c>: a register that is written; <c>D</c>: it may be wider than the type.</summary>
    Destination,

    /// <summary><c>s</c>: a register or a constant; <c>S</c>: it may be wider than the type.</summary>
    Source,

    /// <summary><c>p</c></summary>
    PredicateDestination,

    /// <summary><c>q</c>: may be negated.</summary>
    PredicateSource,

    /// <summary><c>qs</c></summary>
    PredicateOrSource,

    /// <summary><c>m</c></summary>
    Memory,

    /// <summary><c>i</c>: an integer that is known when the module is loaded.</summary>
    Constant,

    /// <summary><c>l</c></summary>
    Label,

    /// <summary><c>v</c>: as many registers as the instruction moves, each as wide as the type or wider.</summary>
    LoadedValues,

    /// <summary><c>x</c>: likewise, or constants.</summary>
    StoredValues,

    /// <summary><c>mov</c>: also vectors, addresses and special registers.</summary>
    Moved,

    /// <summary><c>a</c>: a register with an address, or a variable.</summary>
    AddressValue,

    /// <summary><c>k</c>: an eviction policy, present if the modifiers say so.</summary>
    CachePolicy,

    /// <summary><c>fa fb fc fd</c>: a thread's part of a matrix; <c>fx</c>: of ldmatrix.</summary>
    Fragment,
}

/// <summary>One operand of a <see cref="PtxInstructionForm"/>.</summary>
/// <param name="Kind">The operands that it accepts.</param>
/// <param name="TypeIndex">Index of the instruction's type that determines the size.</param>
/// <param name="Bytes">The size in bytes, if the types do not determine it; otherwise 0.</param>
/// <param name="Doubled">Twice as wide as the type, for <c>.wide</c>.</param>
/// <param name="Relaxed">The register may be wider.</param>
/// <param name="Paired">A second result may follow after a bar: <c>p|q</c>.</param>
/// <param name="Optional">It may be left out.</param>
/// <param name="Matrix">The matrix of a fragment; null for those of ldmatrix.</param>
internal sealed record PtxOperandSlot(PtxSlotKind Kind, int TypeIndex, int Bytes, bool Doubled, bool Relaxed, bool Paired, bool Optional,
    PtxMatrix? Matrix)
{
    /// <summary>Bytes of a register that holds an address: 4 or 8.</summary>
    public const int AddressBytes = -1;

    public static PtxOperandSlot Parse(string written)
    {
        string name = written.TrimEnd('?', '|');
        int equals = name.IndexOf('=', StringComparison.Ordinal);
        string size = equals < 0 ? "" : name[(equals + 1)..];
        name = equals < 0 ? name : name[..equals];
        string letters = name.TrimEnd('1');
        PtxSlotKind kind = letters switch
        {
            "d" or "dw" or "D" => PtxSlotKind.Destination,
            "s" or "sw" or "S" => PtxSlotKind.Source,
            "p" => PtxSlotKind.PredicateDestination,
            "q" => PtxSlotKind.PredicateSource,
            "qs" => PtxSlotKind.PredicateOrSource,
            "m" => PtxSlotKind.Memory,
            "i" => PtxSlotKind.Constant,
            "l" => PtxSlotKind.Label,
            "v" => PtxSlotKind.LoadedValues,
            "x" => PtxSlotKind.StoredValues,
            "mov" => PtxSlotKind.Moved,
            "a" => PtxSlotKind.AddressValue,
            "k" => PtxSlotKind.CachePolicy,
            "fa" or "fb" or "fc" or "fd" or "fx" => PtxSlotKind.Fragment,
            _ => throw new ArgumentException($"'{written}' is not a kind of operand", nameof(written)),
        };
        PtxMatrix? matrix = letters switch { "fa" => PtxMatrix.A, "fb" => PtxMatrix.B, "fc" => PtxMatrix.C, "fd" => PtxMatrix.D,
            _ => null };
        int bytes = size switch { "" => 0, "address" => AddressBytes, _ => int.Parse(size) };
        return new PtxOperandSlot(kind, name.EndsWith('1')
            ? 1 : 0, bytes, letters is "dw" or "sw", letters is "D" or "S", written.EndsWith('|'), written.EndsWith('?'), matrix);
    }
}
