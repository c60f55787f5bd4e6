namespace DdmNative.CudaEmulator.Ptx;

internal enum PtxTokenKind : byte
{
    End,

    /// <summary>
    /// A name, a directive (<c>.reg</c>), an opcode with all that follows its dots (<c>ld.global.nc.f32</c>) or a register (<c>%tid.x</c>).
    /// </summary>
    Word,
    Number,

    /// <summary>The text between double quotes, without the quotes.</summary>
    Text,

    /// <summary>One character.</summary>
    Symbol,
}

/// <summary>A token of the PTX text.</summary>
internal readonly record struct PtxToken(PtxTokenKind Kind, int Start, int Length, int Line);
