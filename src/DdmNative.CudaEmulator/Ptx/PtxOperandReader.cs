namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Reads operands and resolves their names, except those of labels.</summary>
internal readonly ref struct PtxOperandReader(
    PtxLexer lexer, PtxVariableParser declarations, PtxNames scope, Dictionary<string, PtxVariable> moduleVariables,
    Dictionary<string, PtxFunction> functions)
{
    private const int MaxElements = 64;

    public PtxOperand Operand()
    {
        PtxOperand first = Single();
        return lexer.Accept('|') ? new PtxPairOperand(first, Single()) : first;
    }

    /// <summary><c>(results), target, (arguments), prototype</c>, of which only the target is required.</summary>
    public PtxCall Call()
    {
        List<PtxOperand> results = [], arguments = [];
        string? prototype = null;
        if (lexer.Is('('))
        {
            results = List();
            lexer.Expect(',', "after the results of a call");
        }

        int line = lexer.Line;
        PtxOperand target = Single();
        if (target is not (PtxFunctionOperand or PtxRegisterOperand { Negated: false }))
            throw new PtxException(line, target is PtxLabelOperand label ? $"a call of '{label.Name}', which is not declared"
                : "the target of a call is neither a function nor a register");
        if (lexer.Accept(','))
        {
            bool listed = lexer.Is('(');
            if (listed)
                arguments = List();
            if (!listed || lexer.Accept(','))
                prototype = lexer.Is(';') ? null : lexer.ExpectName("the name of a prototype");
        }

        if (prototype is not null && !scope.HasPrototype(prototype) && Variable(prototype) is null)
            throw new PtxException(
                line, $"a call names '{prototype}', which is neither a declared prototype nor a declared list of targets");
        if (target is PtxRegisterOperand && prototype is null)
            throw new PtxException(line, "a call through a register without a prototype, expected its name after the arguments");
        if (target is PtxFunctionOperand(var name) && functions.TryGetValue(name, out PtxFunction? callee))
            CheckCounts(callee, results.Count, arguments.Count, line);
        return new PtxCall(target, results, arguments, prototype);
    }

    private static void CheckCounts(PtxFunction callee, int results, int arguments, int line)
    {
        int expectedResults = callee.Results.Count + callee.ResultRegisters.Count,
            expected = callee.Parameters.Count + callee.ParameterRegisters.Count;
        if (callee.IsEntry)
            throw new PtxException(line, $"a call of the kernel '{callee.Name}', expected a .func");
        if (results != expectedResults || arguments != expected)
            throw new PtxException(line,
                $"a call of '{callee.Name}' with {arguments} arguments and {results} results, expected {expected} and {expectedResults}");
    }

    private List<PtxOperand> List()
    {
        List<PtxOperand> list = [];
        lexer.Expect('(', "before a list");
        while (!lexer.Accept(')'))
        {
            if (list.Count > 0)
                lexer.Expect(',', "or ')' in a list");
            int line = lexer.Line;
            PtxOperand operand = Single();
            if (operand is not (PtxSymbolOperand or PtxRegisterOperand or PtxImmediate or PtxSinkOperand))
                throw new PtxException(line, operand is PtxLabelOperand label ? $"'{label.Name}' is not declared"
                    : "an operand in the list of a call is neither a .param variable nor a register");
            list.Add(operand);
        }

        return list;
    }

    private PtxOperand Single()
    {
        switch (lexer.Current.Kind)
        {
            case PtxTokenKind.Number:
                return declarations.Number("a constant");
            case PtxTokenKind.Word:
                return Named();
            case PtxTokenKind.Symbol when lexer.Is('-') || lexer.Is('~') || lexer.Is('+'):
                return declarations.Number("a constant after its sign");
            case PtxTokenKind.Symbol when lexer.Accept('!'):
                if (lexer.Current.Kind != PtxTokenKind.Word || scope.Register(lexer.CurrentText) is not PtxRegisterOperand predicate)
                    throw lexer.Unexpected("a predicate after '!'");
                lexer.Advance();
                return predicate with { Negated = true };
            case PtxTokenKind.Symbol when lexer.Accept('{'):
                return Vector();
            case PtxTokenKind.Symbol when lexer.Accept('['):
                return Address();
            default:
                throw lexer.Unexpected("an operand");
        }
    }

    private PtxOperand Named()
    {
        ReadOnlySpan<char> name = lexer.CurrentText;
        PtxOperand operand;
        if (name is "_")
            operand = PtxSinkOperand.Instance;
        else if (scope.Register(name) is { } register)
            operand = register;
        else if (name[0] == '%' && PtxSpecialRegisterNames.Find(name) is { } special)
            operand = special;
        else if (name is "WARP_SZ")
            return declarations.Number("a constant");
        else if (Variable(name) is { } variable)
            return Symbol(variable);
        else if (functions.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out PtxFunction? function))
            operand = new PtxFunctionOperand(function.Name);
        else
            operand = new PtxLabelOperand(name.ToString(), -1);
        lexer.Advance();
        return operand;
    }

    private PtxVariable? Variable(ReadOnlySpan<char> name) =>
        scope.Variable(name) ?? (moduleVariables.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out PtxVariable? found)
        ? found : null);

    private PtxSymbolOperand Symbol(PtxVariable variable)
    {
        lexer.Advance();
        return new PtxSymbolOperand(variable, Offset());
    }

    private PtxVectorOperand Vector()
    {
        List<PtxOperand> elements = [];
        do
        {
            if (elements.Count == MaxElements)
                throw lexer.Error($"more than {MaxElements} values in braces");
            int line = lexer.Line;
            PtxOperand element = Single();
            if (element is not (PtxRegisterOperand { Negated: false } or PtxImmediate or PtxSinkOperand))
                throw new PtxException(line, element is PtxLabelOperand label ? $"'{label.Name}' is not declared"
                    : "an operand in braces is neither a register nor a constant");
            elements.Add(element);
        }
        while (lexer.Accept(','));
        lexer.Expect('}', "after the values in braces");
        return new PtxVectorOperand(elements);
    }

    private PtxAddress Address()
    {
        PtxRegisterOperand? register = null;
        PtxVariable? variable = null;
        long offset;
        if (lexer.Current.Kind == PtxTokenKind.Word)
        {
            register = scope.Register(lexer.CurrentText) as PtxRegisterOperand;
            variable = register is null ? Variable(lexer.CurrentText) : null;
            if (register is null && variable is null)
                throw lexer.Unexpected("a register, a variable or a number in the address: there is no such name");
            lexer.Advance();
            offset = Offset();
        }
        else
        {
            offset = (long)WholeNumber().Bits;
        }

        lexer.Expect(']', "after the address");
        return new PtxAddress(register, variable, offset);
    }

    private long Offset() => lexer.Is('+') || lexer.Is('-') ? (long)WholeNumber().Bits : 0;

    private PtxImmediate WholeNumber()
    {
        PtxImmediate number = declarations.Number("an offset in bytes");
        return number.Kind == PtxImmediateKind.WholeNumber ? number : throw lexer.Error("the offset is not an integer");
    }
}
