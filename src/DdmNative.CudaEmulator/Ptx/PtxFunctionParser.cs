namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Reads one function or kernel: its heading here, its body with <see cref="PtxBodyParser"/>.</summary>
internal sealed class PtxFunctionParser(
    PtxLexer lexer, PtxVariableParser declarations, Dictionary<string, PtxVariable> moduleVariables,
    Dictionary<string, PtxFunction> functions,
    Dictionary<string, (PtxInstructionForm Form, PtxModifiers Modifiers, string Text)> opcodes)
{
    private readonly PtxBodyParser _body = new(lexer, declarations, moduleVariables, functions, opcodes);
    private (int X, int Y, int Z) _most, _required;
    private int _minBlocks;

    /// <summary>Reads the text after <c>.entry</c> or <c>.func</c>.</summary>
    public PtxFunction Read(bool entry)
    {
        List<PtxVariable> results = [];
        List<int> resultRegisters = [];
        if (lexer.Accept(".attribute"))
            SkipParentheses();
        if (!entry && lexer.Is('('))
            Parameters(results, resultRegisters);
        int line = lexer.Line;
        string name = lexer.ExpectName(entry ? "the name of a kernel" : "the name of a function");
        List<PtxVariable> parameters = [];
        List<int> parameterRegisters = [];
        if (lexer.Is('('))
            Parameters(parameters, parameterRegisters);
        if (entry && parameterRegisters.Count > 0)
            throw new PtxException(line, $"the kernel '{name}' has parameters in registers, expected .param");
        int bytes = Layout(parameters, line, name);
        Directives();
        PtxFunction heading = new() { Name = name, IsEntry = entry, IsDeclaration = true, Parameters = parameters, Results = results,
            Line = line };
        bool declaration = lexer.Accept(';');
        if (!declaration)
        {
            // Declared before the body is read, since a function may call itself.
            functions.TryAdd(name, heading);
            _body.Read(name);
            if (ReferenceEquals(functions[name], heading))
                functions.Remove(name);
        }

        return new PtxFunction
        {
            Name = name, IsEntry = entry, IsDeclaration = declaration, Parameters = parameters, Results = results, ParameterBytes = bytes,
            Registers = _body.Registers,
            ParameterRegisters = parameterRegisters, ResultRegisters = resultRegisters, Variables = _body.Variables,
            Instructions = _body.Instructions,
            MaxThreads = _most, RequiredThreads = _required, MinBlocksPerMultiprocessor = _minBlocks, Line = line,
        };
    }

    private void Parameters(List<PtxVariable> parameters, List<int> registers)
    {
        lexer.Expect('(', "before the parameters");
        while (!lexer.Accept(')'))
        {
            if (parameters.Count + registers.Count > 0)
                lexer.Expect(',', "or ')' after a parameter");
            if (lexer.Accept(".reg"))
            {
                registers.Add(_body.DeclareRegister(declarations.ExpectType(), lexer.ExpectName("the name of a register")));
            }
            else if (lexer.Accept(".param"))
            {
                PtxVariable parameter = declarations.Parameter();
                parameters.Add(parameter);
                _body.DeclareVariable(parameter);
            }
            else
            {
                throw lexer.Unexpected(".param or .reg");
            }
        }
    }

    /// <summary>Parameters are laid out one after the other, each at the next multiple of its alignment.</summary>
    private static int Layout(List<PtxVariable> parameters, int line, string name)
    {
        ulong offset = 0;
        foreach (PtxVariable parameter in parameters)
        {
            offset = (offset + (ulong)parameter.Alignment - 1) / (ulong)parameter.Alignment * (ulong)parameter.Alignment;
            parameter.ParameterOffset = (int)offset;
            offset += parameter.Size;
            if (offset > 1 << 20)
                throw new PtxException(line, $"the parameters of '{name}' take more than {1 << 20} bytes");
        }

        return (int)offset;
    }

    private void Directives()
    {
        while (lexer.Current.Kind == PtxTokenKind.Word)
        {
            switch (lexer.CurrentText)
            {
                case ".maxntid":
                    _most = Triple();
                    break;
                case ".reqntid":
                    _required = Triple();
                    break;
                case ".minnctapersm":
                    _minBlocks = Triple().X;
                    break;
                case ".maxnctapersm" or ".maxnreg" or ".maxclusterrank" or ".reqnctapercluster":
                    Triple();
                    break;
                case ".noreturn" or ".explicitcluster":
                    lexer.Advance();
                    break;
                case ".pragma":
                    lexer.Advance();
                    lexer.ExpectText("the text of .pragma");
                    lexer.Expect(';', "after .pragma");
                    break;
                default:
                    throw lexer.Unexpected("'{' before the function's body, ';', or a directive on its performance such as .maxntid");
            }
        }
    }

    private (int X, int Y, int Z) Triple()
    {
        lexer.Advance();
        Span<int> numbers = [1, 1, 1];
        for (int i = 0; i < 3; i++)
        {
            numbers[i] = (int)lexer.ExpectCount("an integer", int.MaxValue);
            if (!lexer.Accept(','))
                break;
        }

        return (numbers[0], numbers[1], numbers[2]);
    }

    private void SkipParentheses()
    {
        lexer.Expect('(', "after .attribute");
        while (!lexer.Accept(')'))
        {
            if (lexer.Current.Kind == PtxTokenKind.End)
                throw lexer.Unexpected("')' after the attributes");
            lexer.Advance();
        }
    }
}
