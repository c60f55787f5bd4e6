namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Checks that an instruction's operands match its form, so that execution may rely on kinds, counts and sizes.</summary>
internal sealed class PtxOperandChecker(IReadOnlyList<PtxRegister> registers)
{
    private PtxModifiers _modifiers = new();
    private PtxOpcode _opcode;
    private string _text = "";
    private int _line;

    /// <summary>The operands in the form that the model stores: fragments always as vectors.</summary>
    /// <exception cref="PtxException">An operand does not match the form.</exception>
    public PtxOperand[] Check(PtxInstructionForm form, PtxModifiers modifiersOfForm, List<PtxOperand> operands, string textOfInstruction,
        int lineOfInstruction)
    {
        (_modifiers, _opcode, _text, _line) = (modifiersOfForm, form.Opcode, textOfInstruction, lineOfInstruction);
        int count = 0, needed = 0;
        foreach (PtxOperandSlot slot in form.Slots)
        {
            bool policy = slot.Kind == PtxSlotKind.CachePolicy;
            if (policy && !_modifiers.Has(PtxQualifiers.CacheHint))
                continue;
            count++;
            needed += slot.Optional && !policy ? 0 : 1;
        }

        if (operands.Count < needed || operands.Count > count)
            throw new PtxException(_line,
                $"'{_text}' has {operands.Count} operands, expected {(needed == count ? $"{count}" : $"{needed} to {count}")}");
        PtxOperand[] checkedOperands = new PtxOperand[operands.Count];
        int next = 0, spare = operands.Count - needed;
        foreach (PtxOperandSlot slot in form.Slots)
        {
            if (slot.Kind == PtxSlotKind.CachePolicy && !_modifiers.Has(PtxQualifiers.CacheHint))
                continue;
            if (slot.Optional && slot.Kind != PtxSlotKind.CachePolicy && spare-- <= 0)
                continue;
            checkedOperands[next] = CheckOne(slot, operands[next], next + 1);
            next++;
        }

        if (_opcode == PtxOpcode.Mov)
            CheckMove(checkedOperands[0], checkedOperands[1]);
        if (_modifiers.Vector > 1 && _opcode is PtxOpcode.Ld or PtxOpcode.Ldu or PtxOpcode.St
            && _modifiers.Vector * _modifiers.Type.ByteSize() > 16)
            throw new PtxException(
                _line, $"'{_text}' moves {_modifiers.Vector * _modifiers.Type.ByteSize()} bytes at once, expected at most 16");
        return checkedOperands;
    }

    private PtxOperand CheckOne(PtxOperandSlot slot, PtxOperand operand, int number)
    {
        PtxType type = slot.TypeIndex < _modifiers.Types.Count ? _modifiers.Types[slot.TypeIndex] : PtxType.None;
        int bytes = slot.Bytes != 0 ? slot.Bytes : type.ByteSize() * (slot.Doubled ? 2 : 1);
        PtxType constantType = slot.Bytes != 0 ? PtxType.B32 : type;
        switch (slot.Kind)
        {
            case PtxSlotKind.Destination when slot.Paired && operand is PtxPairOperand(var first, var second):
                Require(first is PtxSinkOperand || IsRegister(first, bytes, false), number, first, $"a register of {bytes} bytes");
                Require(second is PtxSinkOperand || IsPredicate(second, false), number, second, "a predicate after '|'");
                break;
            case PtxSlotKind.Destination:
                Require(IsRegister(operand, bytes, slot.Relaxed), number, operand, $"a register of {Bytes(bytes, slot.Relaxed)}");
                break;
            case PtxSlotKind.Source:
                Require(IsRegister(operand, bytes, slot.Relaxed)
                    || IsConstant(operand, constantType), number, operand,
                        $"a register of {Bytes(bytes, slot.Relaxed)} or a constant of that type");
                break;
            case PtxSlotKind.PredicateDestination when slot.Paired && operand is PtxPairOperand(var first, var second):
                Require(first is PtxSinkOperand || IsPredicate(first, false), number, first, "a predicate");
                Require(second is PtxSinkOperand || IsPredicate(second, false), number, second, "a predicate after '|'");
                break;
            case PtxSlotKind.PredicateDestination:
                Require(IsPredicate(operand, false), number, operand, "a predicate, not negated");
                break;
            case PtxSlotKind.PredicateSource:
                Require(IsPredicate(operand, true) || IsConstant(operand, PtxType.B32), number, operand, "a predicate");
                break;
            case PtxSlotKind.PredicateOrSource:
                Require(IsPredicate(operand, true) || IsRegister(operand, bytes, false)
                    || IsConstant(operand, PtxType.B32), number, operand, $"a register of {bytes} bytes or a predicate");
                break;
            case PtxSlotKind.Memory:
                CheckAddress(operand, number);
                break;
            case PtxSlotKind.Constant:
                Require(IsConstant(operand, PtxType.B64), number, operand, "an integer");
                break;
            case PtxSlotKind.Label:
                Require(operand is PtxLabelOperand, number, operand, "a label");
                break;
            case PtxSlotKind.LoadedValues or PtxSlotKind.StoredValues:
                CheckValues(operand, number, bytes, slot.Kind == PtxSlotKind.LoadedValues);
                break;
            case PtxSlotKind.AddressValue:
                Require(operand is PtxSymbolOperand || IsRegister(operand, bytes, false)
                    || IsConstant(operand, PtxType.B64), number, operand, $"a register of {bytes} bytes or a variable");
                break;
            case PtxSlotKind.CachePolicy:
                Require(IsRegister(operand, 8, false)
                    || IsConstant(operand, PtxType.B64), number, operand, "a cache policy in a register of 8 bytes");
                break;
            case PtxSlotKind.Fragment:
                return CheckFragment(slot, operand, number);
        }

        return operand;
    }

    private void CheckAddress(PtxOperand operand, int number)
    {
        Require(operand is PtxAddress, number, operand, "an address in brackets");
        PtxAddress address = (PtxAddress)operand;
        if (address.Register is { } register)
            Require(IsRegister(register, PtxOperandSlot.AddressBytes, false), number, operand, "an address in a register of 4 or 8 bytes");
        if (address.Variable is not { } variable)
            return;
        bool fits = _modifiers.Space == PtxSpace.Generic && _modifiers.SourceSpace == PtxSpace.Generic
            ? variable.Space == PtxSpace.Global
            : variable.Space == _modifiers.Space || variable.Space == _modifiers.SourceSpace;
        if (!fits)
            throw new PtxException(
                _line, $"'{_text}' accesses '{variable.Name}', which is in .{Name(variable.Space)}; expected an instruction with "
                + $".{Name(variable.Space)}");
    }

    private void CheckValues(PtxOperand operand, int number, int bytes, bool loaded)
    {
        IReadOnlyList<PtxOperand> values = operand is PtxVectorOperand vector ? vector.Elements : [operand];
        Require(values.Count == _modifiers.Vector
            && operand is PtxVectorOperand == _modifiers.Vector > 1, number, operand, _modifiers.Vector == 1
                ? "one register" : $"{_modifiers.Vector} registers in braces");
        foreach (PtxOperand value in values)
        {
            bool fits = IsRegister(value, bytes, true)
                || (loaded ? value is PtxSinkOperand && _modifiers.Vector > 1 : IsConstant(value, _modifiers.Type));
            Require(fits, number, value, loaded
                ? $"a register of {Bytes(bytes, true)}" : $"a register of {Bytes(bytes, true)} or a constant of that type");
        }
    }

    private PtxVectorOperand CheckFragment(PtxOperandSlot slot, PtxOperand operand, int number)
    {
        PtxVectorOperand vector = operand as PtxVectorOperand ?? new PtxVectorOperand([operand]);
        PtxType type = PtxType.B32;
        int count = _modifiers.Vector;
        if (slot.Matrix is { } matrix)
        {
            bool warpMatrix = _opcode != PtxOpcode.Mma;
            type = PtxFragment.TypeOf(_modifiers, matrix);
            count = PtxFragment.Registers(warpMatrix, matrix, _modifiers.Shape, type);
        }

        int bytes = type == PtxType.F64 ? 8 : 4;
        Require(vector.Elements.Count == count, number, operand, $"{count} registers in braces");
        foreach (PtxOperand element in vector.Elements)
            Require(IsRegister(element, bytes, false), number, element, $"a register of {bytes} bytes");
        return vector;
    }

    /// <summary><c>mov</c> also splits a value into a vector, combines one, and reads addresses and special registers.</summary>
    private void CheckMove(PtxOperand destination, PtxOperand source)
    {
        int bytes = _modifiers.Type.ByteSize();
        if (_modifiers.Type == PtxType.Pred)
            return;
        if (destination is PtxVectorOperand parts)
        {
            Require(PartsFit(parts, bytes, element => element is PtxSinkOperand), 1, destination, $"registers of {bytes} bytes together");
            Require(IsRegister(source, bytes, false) || IsConstant(source, _modifiers.Type), 2, source, $"a register of {bytes} bytes");
            return;
        }

        Require(IsRegister(destination, bytes, false), 1, destination, $"a register of {bytes} bytes");
        bool fits = source switch
        {
            PtxVectorOperand elements => PartsFit(elements, bytes, element => IsConstant(element, PtxType.B64)),
            PtxSpecialRegisterOperand => _modifiers.Type.IsInteger() && bytes <= 8,
            PtxSymbolOperand or PtxFunctionOperand => _modifiers.Type.IsInteger() && bytes is 4 or 8,
            _ => IsRegister(source, bytes, false) || IsConstant(source, _modifiers.Type),
        };
        Require(fits, 2, source, $"a register or constant of {bytes} bytes, a variable, a special register or registers in braces");
    }

    /// <summary>A vector of equal parts; parts that are not registers take the size that is left for each.</summary>
    private bool PartsFit(PtxVectorOperand parts, int bytes, Func<PtxOperand, bool> other) =>
        parts.Elements.Count is 2 or 4 && bytes % parts.Elements.Count == 0
        && parts.Elements.Any(element => element is PtxRegisterOperand)
        && parts.Elements.All(element => IsRegister(element, bytes / parts.Elements.Count, false) || other(element));

    private bool IsRegister(PtxOperand operand, int bytes, bool wider)
    {
        if (operand is not PtxRegisterOperand { Negated: false } register)
            return false;
        PtxType type = registers[register.Register].Type;
        int found = type.ByteSize();
        return type != PtxType.Pred
            && (bytes == PtxOperandSlot.AddressBytes ? found is 4 or 8 : found == bytes || (wider && found > bytes));
    }

    private bool IsPredicate(PtxOperand operand, bool negatable) =>
        operand is PtxRegisterOperand register && registers[register.Register].Type == PtxType.Pred && (negatable || !register.Negated);

    private static bool IsConstant(PtxOperand operand, PtxType type) => operand is PtxImmediate immediate && type switch
    {
        PtxType.F32 or PtxType.TF32 or PtxType.F64 => immediate.Kind != PtxImmediateKind.WholeNumber,
        PtxType.B32 => immediate.Kind != PtxImmediateKind.Binary64,
        PtxType.B64 => true,
        PtxType.B128 => false,
        _ => immediate.Kind == PtxImmediateKind.WholeNumber,
    };

    private void Require(bool holds, int number, PtxOperand operand, string expected)
    {
        if (!holds)
            throw new PtxException(_line, $"operand {number} of '{_text}' is {Describe(operand)}, expected {expected}");
    }

    private string Describe(PtxOperand operand) => operand switch
    {
        PtxRegisterOperand register =>
            $"{(register.Negated ? "!" : "")}{registers[register.Register].Name} of type "
            + $".{registers[register.Register].Type.ToString().ToLowerInvariant()}",
        PtxImmediate { Kind: PtxImmediateKind.WholeNumber } immediate => $"the constant {(long)immediate.Bits}",
        PtxImmediate immediate => $"the floating-point constant 0x{immediate.Bits:x}",
        PtxAddress => "an address in brackets",
        PtxVectorOperand vector => $"{vector.Elements.Count} values in braces",
        PtxLabelOperand label => $"'{label.Name}', which is not declared",
        PtxSymbolOperand symbol => $"the variable '{symbol.Variable.Name}'",
        PtxFunctionOperand function => $"the function '{function.Name}'",
        PtxSpecialRegisterOperand special => $"the special register {special.Register}",
        PtxPairOperand => "a pair with '|'",
        _ => "'_'",
    };

    private static string Bytes(int bytes, bool relaxed)
        => bytes == PtxOperandSlot.AddressBytes ? "4 or 8 bytes" : $"{bytes} bytes{(relaxed ? " or more" : "")}";

    private static string Name(PtxSpace space) => space.ToString().ToLowerInvariant();
}
