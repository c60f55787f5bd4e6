namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Reads PTX as clang and nvcc emit it (ISA 6 to 9, see the table of instructions for what is known of it).</summary>
public sealed class PtxParser
{
    private readonly PtxLexer lexer;
    private readonly PtxVariableParser declarations;
    private readonly Dictionary<string, PtxVariable> variables = [];
    private readonly Dictionary<string, PtxFunction> functions = [];
    private readonly List<PtxFunction> functionsInOrder = [];
    private readonly Dictionary<int, string> files = [];
    private readonly Dictionary<string, (PtxInstructionForm Form, PtxModifiers Modifiers, string Text)> opcodes = [];

    private PtxParser(string text)
    {
        lexer = new PtxLexer(text);
        declarations = new PtxVariableParser(lexer);
    }

    /// <exception cref="PtxException">The text is not PTX, or uses what is not known.</exception>
    public static PtxModule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new PtxParser(text).ReadModule();
    }

    private PtxModule ReadModule()
    {
        if (!lexer.Take(".version"))
            throw lexer.Unexpected(".version at the beginning of the module");
        (int, int) version = Version();
        if (!lexer.Take(".target"))
            throw lexer.Unexpected(".target after .version");
        string target = lexer.ExpectName("a target, such as sm_80");
        while (lexer.Take(','))
            lexer.ExpectName("a platform option");
        int addressSize = 32;
        while (lexer.Current.Kind != PtxTokenKind.End)
        {
            if (lexer.Take(".address_size"))
                addressSize = (int)lexer.ExpectCount("64 or 32", 64) is int size and (32 or 64) ? size : throw lexer.Wrong("the address size is neither 64 nor 32 bits");
            else
                Directive();
        }

        foreach (PtxVariable variable in variables.Values)
        {
            foreach (PtxRelocation place in variable.Relocations)
            {
                if (!variables.ContainsKey(place.Symbol) && !functions.ContainsKey(place.Symbol))
                    throw new PtxException(variable.Line, $"'{variable.Name}' is initialised with the address of '{place.Symbol}', which the module does not have");
            }
        }

        return new PtxModule
        {
            Version = version, Target = target, AddressSize = addressSize, Variables = [.. variables.Values], Functions = functionsInOrder, SourceFiles = files,
        };
    }

    private (int Major, int Minor) Version()
    {
        string[] parts = lexer.Here.ToString().Split('.');
        if (lexer.Current.Kind != PtxTokenKind.Number || parts.Length != 2 || !int.TryParse(parts[0], out int major) || !int.TryParse(parts[1], out int minor) || major is < 6 or > 9)
            throw lexer.Unexpected("an ISA version from 6.0 to 9.9, such as 7.8");
        lexer.Advance();
        return (major, minor);
    }

    private void Directive()
    {
        bool external = false;
        while (lexer.Current.Kind == PtxTokenKind.Word && lexer.Here is ".visible" or ".extern" or ".weak" or ".common")
        {
            external |= lexer.Here is ".extern";
            lexer.Advance();
        }

        if (lexer.Is(".entry") || lexer.Is(".func"))
        {
            bool entry = lexer.Is(".entry");
            lexer.Advance();
            Function(entry);
        }
        else if (declarations.IsSpace(out PtxSpace space))
        {
            if (space is PtxSpace.Param or PtxSpace.Local)
                throw lexer.Wrong($"a .{space.ToString().ToLowerInvariant()} variable outside of functions, expected .global, .const or .shared");
            lexer.Advance();
            foreach (PtxVariable variable in declarations.Statement(space, external))
                Declare(variable);
        }
        else if (lexer.Take(".file"))
        {
            File();
        }
        else if (lexer.Take(".section"))
        {
            SkipSection();
        }
        else if (lexer.Take(".pragma"))
        {
            lexer.ExpectText("the text of .pragma");
            lexer.Expect(';', "after .pragma");
        }
        else if (!lexer.Take(';'))
        {
            throw lexer.Unexpected("a directive of the module: .entry, .func, .global, .const, .shared, .file or .section");
        }
    }

    private void Declare(PtxVariable variable)
    {
        if (functions.ContainsKey(variable.Name))
            throw new PtxException(variable.Line, $"'{variable.Name}' is already the name of a function");
        // An extern declaration and the definition may both be there.
        if (variables.TryGetValue(variable.Name, out PtxVariable? known) && !known.IsExternal && !variable.IsExternal)
            throw new PtxException(variable.Line, $"'{variable.Name}' is already declared in line {known.Line}");
        if (known is null || known.IsExternal)
            variables[variable.Name] = variable;
    }

    private void Function(bool entry)
    {
        PtxFunctionParser parser = new(lexer, declarations, variables, functions, opcodes);
        PtxFunction function = parser.Read(entry);
        if (variables.ContainsKey(function.Name))
            throw new PtxException(function.Line, $"'{function.Name}' is already the name of a variable");
        if (functions.TryGetValue(function.Name, out PtxFunction? known) && !known.IsDeclaration)
        {
            if (!function.IsDeclaration)
                throw new PtxException(function.Line, $"'{function.Name}' already has a body in line {known.Line}");
            return;
        }

        functions[function.Name] = function;
        functionsInOrder.Add(function);
    }

    /// <summary><c>.file 1 "name" {, timestamp, size}</c></summary>
    private void File()
    {
        int number = (int)lexer.ExpectCount("the number of a file", int.MaxValue);
        files[number] = lexer.ExpectText("the name of a file");
        while (lexer.Take(','))
            lexer.ExpectCount("a time stamp or size", ulong.MaxValue);
    }

    /// <summary>DWARF, which says nothing that <c>.loc</c> does not.</summary>
    private void SkipSection()
    {
        if (lexer.Current.Kind != PtxTokenKind.Word)
            throw lexer.Unexpected("the name of a section");
        lexer.Advance();
        lexer.Expect('{', "after the name of a section");
        while (!lexer.Take('}'))
        {
            if (lexer.Current.Kind == PtxTokenKind.End)
                throw lexer.Unexpected("'}' at the end of the section");
            lexer.Advance();
        }
    }
}
