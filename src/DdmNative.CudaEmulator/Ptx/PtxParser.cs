namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Reads PTX as clang and nvcc emit it (ISA 6 to 9; <see cref="PtxInstructionTable"/> lists the supported instructions).</summary>
public sealed class PtxParser
{
    private readonly PtxLexer _lexer;
    private readonly PtxVariableParser _declarations;
    private readonly Dictionary<string, PtxVariable> _variables = [];
    private readonly Dictionary<string, PtxFunction> _functions = [];
    private readonly List<PtxFunction> _functionsInOrder = [];
    private readonly Dictionary<int, string> _files = [];
    private readonly Dictionary<string, (PtxInstructionForm Form, PtxModifiers Modifiers, string Text)> _opcodes = [];

    private PtxParser(string text)
    {
        _lexer = new PtxLexer(text);
        _declarations = new PtxVariableParser(_lexer);
    }

    /// <exception cref="PtxException">The text is not PTX, or uses an unsupported feature.</exception>
    public static PtxModule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new PtxParser(text).ReadModule();
    }

    private PtxModule ReadModule()
    {
        if (!_lexer.Accept(".version"))
            throw _lexer.Unexpected(".version at the beginning of the module");
        (int, int) version = Version();
        if (!_lexer.Accept(".target"))
            throw _lexer.Unexpected(".target after .version");
        string target = _lexer.ExpectName("a target, such as sm_80");
        while (_lexer.Accept(','))
            _lexer.ExpectName("a platform option");
        int addressSize = 32;
        while (_lexer.Current.Kind != PtxTokenKind.End)
        {
            if (_lexer.Accept(".address_size"))
                addressSize = (int)_lexer.ExpectCount("64 or 32", 64) is int size and (32 or 64) ? size
                    : throw _lexer.Error("the address size is neither 64 nor 32 bits");
            else
                Directive();
        }

        foreach (PtxVariable variable in _variables.Values)
        {
            foreach (PtxRelocation place in variable.Relocations)
            {
                if (!_variables.ContainsKey(place.Symbol) && !_functions.ContainsKey(place.Symbol))
                    throw new PtxException(
                        variable.Line,
                        $"'{variable.Name}' is initialised with the address of '{place.Symbol}', which the module does not declare");
            }
        }

        return new PtxModule
        {
            Version = version, Target = target, AddressSize = addressSize, Variables = [.. _variables.Values],
            Functions = _functionsInOrder, SourceFiles = _files,
        };
    }

    private (int Major, int Minor) Version()
    {
        string[] parts = _lexer.CurrentText.ToString().Split('.');
        if (_lexer.Current.Kind != PtxTokenKind.Number || parts.Length != 2 || !int.TryParse(parts[0], out int major)
            || !int.TryParse(parts[1], out int minor) || major is < 6 or > 9)
            throw _lexer.Unexpected("an ISA version from 6.0 to 9.9, such as 7.8");
        _lexer.Advance();
        return (major, minor);
    }

    private void Directive()
    {
        bool external = false;
        while (_lexer.Current.Kind == PtxTokenKind.Word && _lexer.CurrentText is ".visible" or ".extern" or ".weak" or ".common")
        {
            external |= _lexer.CurrentText is ".extern";
            _lexer.Advance();
        }

        if (_lexer.Is(".entry") || _lexer.Is(".func"))
        {
            bool entry = _lexer.Is(".entry");
            _lexer.Advance();
            Function(entry);
        }
        else if (_declarations.IsSpace(out PtxSpace space))
        {
            if (space is PtxSpace.Param or PtxSpace.Local)
                throw _lexer.Error(
                    $"a .{space.ToString().ToLowerInvariant()} variable outside of functions, expected .global, .const or .shared");
            _lexer.Advance();
            foreach (PtxVariable variable in _declarations.Statement(space, external))
                Declare(variable);
        }
        else if (_lexer.Accept(".file"))
        {
            File();
        }
        else if (_lexer.Accept(".section"))
        {
            SkipSection();
        }
        else if (_lexer.Accept(".pragma"))
        {
            _lexer.ExpectText("the text of .pragma");
            _lexer.Expect(';', "after .pragma");
        }
        else if (!_lexer.Accept(';'))
        {
            throw _lexer.Unexpected("a directive of the module: .entry, .func, .global, .const, .shared, .file or .section");
        }
    }

    private void Declare(PtxVariable variable)
    {
        if (_functions.ContainsKey(variable.Name))
            throw new PtxException(variable.Line, $"'{variable.Name}' is already the name of a function");
        // An extern declaration and the definition may both occur.
        if (_variables.TryGetValue(variable.Name, out PtxVariable? known) && !known.IsExternal && !variable.IsExternal)
            throw new PtxException(variable.Line, $"'{variable.Name}' is already declared in line {known.Line}");
        if (known is null || known.IsExternal)
            _variables[variable.Name] = variable;
    }

    private void Function(bool entry)
    {
        PtxFunctionParser parser = new(_lexer, _declarations, _variables, _functions, _opcodes);
        PtxFunction function = parser.Read(entry);
        if (_variables.ContainsKey(function.Name))
            throw new PtxException(function.Line, $"'{function.Name}' is already the name of a variable");
        if (_functions.TryGetValue(function.Name, out PtxFunction? known) && !known.IsDeclaration)
        {
            if (!function.IsDeclaration)
                throw new PtxException(function.Line, $"'{function.Name}' already has a body in line {known.Line}");
            return;
        }

        _functions[function.Name] = function;
        _functionsInOrder.Add(function);
    }

    /// <summary><c>.file 1 "name" {, timestamp, size}</c></summary>
    private void File()
    {
        int number = (int)_lexer.ExpectCount("the number of a file", int.MaxValue);
        _files[number] = _lexer.ExpectText("the name of a file");
        while (_lexer.Accept(','))
            _lexer.ExpectCount("a time stamp or size", ulong.MaxValue);
    }

    /// <summary>Skips DWARF, which adds nothing to <c>.loc</c> here.</summary>
    private void SkipSection()
    {
        if (_lexer.Current.Kind != PtxTokenKind.Word)
            throw _lexer.Unexpected("the name of a section");
        _lexer.Advance();
        _lexer.Expect('{', "after the name of a section");
        while (!_lexer.Accept('}'))
        {
            if (_lexer.Current.Kind == PtxTokenKind.End)
                throw _lexer.Unexpected("'}' at the end of the section");
            _lexer.Advance();
        }
    }
}
