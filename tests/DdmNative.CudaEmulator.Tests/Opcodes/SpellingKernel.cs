using System.Text;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Tests.Opcodes;

/// <summary>Instructions generated from their form alone, with operands of the required kinds and sizes.</summary>
internal static class SpellingKernel
{
    private const string Registers = ".reg .pred %p<4>;\n.reg .b16 %h<4>;\n.reg .b32 %r<70>;\n.reg .b64 %d<70>;\n";

    /// <summary>
    /// A kernel with the one instruction, or null for instructions that cannot be generated here: a jump, a call, or a vector of more than
    /// 16 bytes, which the ISA does not have.
    /// </summary>
    public static string? Create(PtxInstructionForm form, string text, PtxModifiers modifiers)
    {
        if (form.Opcode is PtxOpcode.Bra or PtxOpcode.BrxIdx or PtxOpcode.Call)
            return null;
        if (form.Opcode is PtxOpcode.Ld or PtxOpcode.Ldu or PtxOpcode.St && modifiers.Vector * modifiers.Type.ByteSize() > 16)
            return null;
        List<string> operands = [];
        foreach (PtxOperandSlot slot in form.Slots)
        {
            if (slot.Kind != PtxSlotKind.CachePolicy || modifiers.Has(PtxQualifiers.CacheHint))
                operands.Add(Operand(form, slot, modifiers, operands.Count));
        }

        string variables = ".shared .align 16 .b8 near[64];\n.local .align 16 .b8 own[64];\n";
        StringBuilder body = new(OpcodeKernel.Heading);
        body.Append(".const .align 16 .b8 constant[64];\n.visible .entry op(.param .align 16 .b8 in[64])\n{\n").Append(variables)
            .Append(Registers);
        return body.Append($"{text} {string.Join(", ", operands)};\nret;\n}}\n").ToString();
    }

    private static string Operand(PtxInstructionForm form, PtxOperandSlot slot, PtxModifiers modifiers, int number)
    {
        PtxType type = slot.TypeIndex < modifiers.Types.Count ? modifiers.Types[slot.TypeIndex] : PtxType.None;
        int bytes = slot.Bytes switch { 0 => type.ByteSize() * (slot.Doubled ? 2 : 1), PtxOperandSlot.AddressBytes => 8, _ => slot.Bytes };
        return slot.Kind switch
        {
            PtxSlotKind.PredicateDestination when modifiers.Type is PtxType.F16x2 or PtxType.BF16x2 => "%p0|%p1",
            PtxSlotKind.PredicateDestination or PtxSlotKind.PredicateSource => $"%p{number}",
            PtxSlotKind.Constant => form.Opcode is PtxOpcode.CpAsync ? modifiers.Cache == PtxCacheOperator.Cg ? "16" : "8" : "2",
            PtxSlotKind.Memory => Address(modifiers, number),
            PtxSlotKind.LoadedValues or PtxSlotKind.StoredValues when modifiers.Vector > 1 => Braces(modifiers.Vector, Math.Max(2, bytes)),
            PtxSlotKind.Moved when type == PtxType.Pred => $"%p{number}",
            PtxSlotKind.Fragment => Fragment(form, slot, modifiers),
            _ => Register(Math.Max(2, bytes), number),
        };
    }

    private static string Address(PtxModifiers modifiers, int number)
        => (number == 0 || modifiers.SourceSpace == PtxSpace.Generic ? modifiers.Space : modifiers.SourceSpace) switch
    {
        PtxSpace.Shared => "[near]", PtxSpace.Local => "[own]", PtxSpace.Const => "[constant]", PtxSpace.Param => "[in]", _ => "[%d9]",
    };

    private static string Fragment(PtxInstructionForm form, PtxOperandSlot slot, PtxModifiers modifiers)
    {
        if (slot.Matrix is not { } matrix)
            return Braces(modifiers.Vector, 4);
        PtxType type = PtxFragment.TypeOf(modifiers, matrix);
        return Braces(PtxFragment.Registers(form.Opcode != PtxOpcode.Mma, matrix, modifiers.Shape, type), type == PtxType.F64 ? 8 : 4);
    }

    private static string Braces(int count, int bytes)
        => $"{{{string.Join(", ", Enumerable.Range(10, count).Select(i => Register(bytes, bytes == 2 ? i % 4 : i)))}}}";

    private static string Register(int bytes, int number) => bytes switch { 2 => $"%h{number}", 4 => $"%r{number}", _ => $"%d{number}" };
}
