namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Reads the part of a function between its braces: declarations, labels and instructions in nested scopes.</summary>
internal sealed class PtxBodyParser(
    PtxLexer lexer, PtxVariableParser declarations, Dictionary<string, PtxVariable> moduleVariables,
    Dictionary<string, PtxFunction> functions,
    Dictionary<string, (PtxInstructionForm Form, PtxModifiers Modifiers, string Text)> opcodes)
{
    private const int MaxRegisters = 1 << 20;
    private const int MaxScopes = 256;

    private readonly List<PtxRegister> _registers = [];
    private readonly List<PtxVariable> _variables = [];
    private readonly List<PtxInstruction> _instructions = [];
    private readonly List<(PtxInstruction Instruction, PtxNames Scope)> _branches = [];
    private readonly List<PtxOperand> _operands = [];
    private PtxNames _scope = new(null);
    private PtxOperandChecker? _checker;
    private PtxSourceLocation _source;

    public IReadOnlyList<PtxRegister> Registers => _registers;

    public IReadOnlyList<PtxVariable> Variables => _variables;

    public IReadOnlyList<PtxInstruction> Instructions => _instructions;

    public void DeclareVariable(PtxVariable variable)
    {
        if (!_scope.AddVariable(variable))
            throw new PtxException(variable.Line, $"'{variable.Name}' is already declared here");
    }

    public int DeclareRegister(PtxType type, string name)
    {
        if (_registers.Count == MaxRegisters)
            throw lexer.Error($"more than {MaxRegisters} registers");
        PtxRegister register = new(_registers.Count, name, type);
        if (!_scope.AddRegister(name, new PtxRegisterOperand(register.Index)))
            throw lexer.Error($"the register '{name}' is already declared here");
        _registers.Add(register);
        return register.Index;
    }

    public void Read(string function)
    {
        _checker = new PtxOperandChecker(_registers);
        lexer.Expect('{', $"before the body of '{function}'");
        _scope = new PtxNames(_scope);
        for (int depth = 1; depth > 0;)
        {
            switch (lexer.Current.Kind)
            {
                case PtxTokenKind.End:
                    throw lexer.Unexpected($"'}}' at the end of the body of '{function}'");
                case PtxTokenKind.Word when lexer.CurrentText[0] == '.':
                    Directive();
                    break;
                case PtxTokenKind.Word:
                    LabelOrInstruction();
                    break;
                case PtxTokenKind.Symbol when lexer.Accept('@'):
                    bool negated = lexer.Accept('!');
                    if (_scope.Register(lexer.CurrentText) is not PtxRegisterOperand guard
                        || _registers[guard.Register].Type != PtxType.Pred)
                        throw lexer.Unexpected("a predicate after '@'");
                    lexer.Advance();
                    if (lexer.Current.Kind != PtxTokenKind.Word)
                        throw lexer.Unexpected("an instruction after its guard");
                    Instruction(Opcode(), negated ? guard with { Negated = true } : guard);
                    break;
                case PtxTokenKind.Symbol when lexer.Accept('{'):
                    if (++depth > MaxScopes)
                        throw lexer.Error($"more than {MaxScopes} nested scopes");
                    _scope = new PtxNames(_scope);
                    break;
                case PtxTokenKind.Symbol when lexer.Accept('}'):
                    depth--;
                    _scope = _scope.Parent!;
                    break;
                case PtxTokenKind.Symbol when lexer.Accept(';'):
                    break;
                default:
                    throw lexer.Unexpected("an instruction, a label or a declaration");
            }
        }

        foreach ((PtxInstruction instruction, PtxNames where) in _branches)
            ResolveBranch(instruction, where);
    }

    private void Directive()
    {
        if (lexer.Accept(".reg"))
        {
            RegisterDeclaration();
        }
        else if (declarations.IsSpace(out PtxSpace space))
        {
            if (space is PtxSpace.Global or PtxSpace.Const)
                throw lexer.Error($"a .{space.ToString().ToLowerInvariant()} variable within a function, expected it outside");
            lexer.Advance();
            foreach (PtxVariable variable in declarations.Statement(space, false))
            {
                DeclareVariable(variable);
                _variables.Add(variable);
            }
        }
        else if (lexer.Accept(".loc"))
        {
            Location();
        }
        else if (lexer.Accept(".pragma"))
        {
            lexer.ExpectText("the text of .pragma");
            lexer.Expect(';', "after .pragma");
        }
        else
        {
            throw lexer.Unexpected("a directive of a function's body: .reg, .shared, .local, .param, .loc or .pragma");
        }
    }

    /// <summary>
    /// <c>.reg .b32 %r&lt;10&gt;, %x;</c>, <c>.reg .v4 .f32 %v;</c>: a vector is as many registers, named <c>%v.x</c> and so on.
    /// </summary>
    private void RegisterDeclaration()
    {
        int vector = lexer.Accept(".v2") ? 2 : lexer.Accept(".v4") ? 4 : 1;
        PtxType type = declarations.ExpectType();
        do
        {
            string name = lexer.ExpectName("the name of a register");
            if (!lexer.Accept('<'))
            {
                DeclareRegisters(type, name, vector);
                continue;
            }

            int count = (int)lexer.ExpectCount("a count of registers", MaxRegisters);
            lexer.Expect('>', "after the count of registers");
            for (int i = 0; i < count; i++)
                DeclareRegisters(type, $"{name}{i}", vector);
        }
        while (lexer.Accept(','));
        lexer.Expect(';', "after the registers");
    }

    private void DeclareRegisters(PtxType type, string name, int vector)
    {
        if (vector == 1)
        {
            DeclareRegister(type, name);
            return;
        }

        PtxOperand[] elements = new PtxOperand[vector];
        for (int i = 0; i < vector; i++)
        {
            int index = DeclareRegister(type, $"{name}.{"xyzw"[i]}");
            elements[i] = new PtxRegisterOperand(index);
            _scope.AddRegister($"{name}.{"rgba"[i]}", elements[i]);
        }

        if (!_scope.AddRegister(name, new PtxVectorOperand(elements)))
            throw lexer.Error($"the register '{name}' is already declared here");
    }

    /// <summary><c>.loc file line column {, function_name label {+ offset} , inlined_at file line column}</c></summary>
    private void Location()
    {
        _source = Place();
        if (!lexer.Accept(','))
            return;
        if (!lexer.Accept("function_name"))
            throw lexer.Unexpected("function_name");
        lexer.ExpectName("a label in .debug_str");
        if (lexer.Accept('+'))
            lexer.ExpectCount("an offset", ulong.MaxValue);
        lexer.Expect(',', "before inlined_at");
        if (!lexer.Accept("inlined_at"))
            throw lexer.Unexpected("inlined_at");
        Place();
    }

    private PtxSourceLocation Place() => new(
        (int)lexer.ExpectCount("the number of a source file", int.MaxValue), (int)lexer.ExpectCount("a source line", int.MaxValue),
        (int)lexer.ExpectCount("a source column", int.MaxValue));

    private void LabelOrInstruction()
    {
        PtxToken word = lexer.Current;
        lexer.Advance();
        if (!lexer.Accept(':'))
        {
            Instruction(Opcode(word), null);
            return;
        }

        string name = lexer.Span(word).ToString();
        if (lexer.Accept(".branchtargets") || lexer.Accept(".calltargets"))
        {
            List<string> targets = [];
            do
            {
                targets.Add(lexer.ExpectName("the name of a target"));
            }
            while (lexer.Accept(','));
            lexer.Expect(';', "after the targets");
            if (!_scope.AddTargets(name, targets))
                throw new PtxException(word.Line, $"the list of targets '{name}' is already declared here");
        }
        else if (lexer.Accept(".callprototype"))
        {
            while (!lexer.Accept(';'))
            {
                if (lexer.Current.Kind == PtxTokenKind.End)
                    throw lexer.Unexpected("';' after the prototype");
                lexer.Advance();
            }

            _scope.AddPrototype(name);
        }
        else if (!_scope.AddLabel(name, _instructions.Count))
        {
            throw new PtxException(word.Line, $"the label '{name}' is already defined here");
        }
    }

    private (PtxInstructionForm Form, PtxModifiers Modifiers, string Text, int Line) Opcode()
    {
        PtxToken word = lexer.Current;
        lexer.Advance();
        return Opcode(word);
    }

    private (PtxInstructionForm Form, PtxModifiers Modifiers, string Text, int Line) Opcode(PtxToken word)
    {
        if (!opcodes.GetAlternateLookup<ReadOnlySpan<char>>()
            .TryGetValue(lexer.Span(word), out (PtxInstructionForm Form, PtxModifiers Modifiers, string Text) known))
        {
            string text = lexer.Span(word).ToString();
            (PtxInstructionForm form, PtxModifiers modifiers) = PtxInstructionTable.Find(text, word.Line);
            opcodes[text] = known = (form, modifiers, text);
        }

        return (known.Form, known.Modifiers, known.Text, word.Line);
    }

    private void Instruction((PtxInstructionForm Form, PtxModifiers Modifiers, string Text, int Line) what, PtxRegisterOperand? guard)
    {
        PtxOperandReader reader = new(lexer, declarations, _scope, moduleVariables, functions);
        PtxCall? call = null;
        _operands.Clear();
        if (what.Form.Opcode == PtxOpcode.Call)
        {
            call = reader.Call();
        }
        else if (!lexer.Is(';'))
        {
            do
            {
                _operands.Add(reader.Operand());
            }
            while (lexer.Accept(','));
        }

        lexer.Expect(';', $"after '{what.Text}'");
        PtxInstruction instruction = new()
        {
            Opcode = what.Form.Opcode, Modifiers = what.Modifiers, Guard = guard, Call = call, Line = what.Line, Source = _source,
            Text = what.Text,
            Operands = call is null ? _checker!.Check(what.Form, what.Modifiers, _operands, what.Text, what.Line) : [],
        };
        _instructions.Add(instruction);
        if (instruction.Opcode is PtxOpcode.Bra or PtxOpcode.BrxIdx)
            _branches.Add((instruction, _scope));
    }

    /// <summary>Labels may follow the branch, so they are resolved when the body has been read.</summary>
    private static void ResolveBranch(PtxInstruction instruction, PtxNames where)
    {
        PtxLabelOperand Resolve(string name) =>
            new(name, where.Label(name) ?? throw new PtxException(
                instruction.Line, $"'{instruction.Text}' branches to the label '{name}', which is not in this function"));

        string target = ((PtxLabelOperand)instruction.Operands[^1]).Name;
        if (instruction.Opcode == PtxOpcode.Bra)
        {
            instruction.Operands = [Resolve(target)];
            return;
        }

        IReadOnlyList<string> targets = where.Targets(target)
            ?? throw new PtxException(instruction.Line,
                $"'{instruction.Text}' names the list of targets '{target}', which is not in this function");
        instruction.BranchTargets = [.. targets.Select(Resolve)];
    }
}
