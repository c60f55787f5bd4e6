using System.Buffers.Binary;

namespace DdmNative.CudaEmulator.Ptx;

/// <summary>
/// Declarations of variables in memory with their initialisers: <c>.align 16 .b8 name[4][2] = {{1, 2}, {generic(other)+8}}</c>.
/// </summary>
internal sealed class PtxVariableParser(PtxLexer lexer)
{
    private const ulong LargestVariable = 1UL << 40;
    private const ulong LargestInitialiser = 1UL << 28;
    private const int MaxDimensions = 8;

    private static readonly Dictionary<string, PtxSpace> SpaceWords = new()
    {
        [".global"] = PtxSpace.Global, [".shared"] = PtxSpace.Shared, [".local"] = PtxSpace.Local, [".param"] = PtxSpace.Param,
        [".const"] = PtxSpace.Const,
    };

    private static readonly Dictionary<string, PtxSpace>.AlternateLookup<ReadOnlySpan<char>> Spaces =
        SpaceWords.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The space that the current word names, if it is one of <c>.global .shared .local .param .const</c>.</summary>
    public bool IsSpace(out PtxSpace space)
    {
        space = default;
        return lexer.Current.Kind == PtxTokenKind.Word && Spaces.TryGetValue(lexer.CurrentText, out space);
    }

    /// <summary>
    /// Reads the text after the space's word, up to and including the semicolon: one variable, or several separated by commas.
    /// </summary>
    public List<PtxVariable> Statement(PtxSpace space, bool external)
    {
        List<PtxVariable> variables = [];
        (PtxType type, int vector, int alignment) = Prefix();
        do
        {
            variables.Add(Declarator(space, type, vector, alignment, external, true));
        }
        while (lexer.Accept(','));
        lexer.Expect(';', "after the declaration");
        return variables;
    }

    /// <summary>Reads one parameter, after <c>.param</c>.</summary>
    public PtxVariable Parameter()
    {
        (PtxType type, int vector, int alignment) = Prefix();
        return Declarator(PtxSpace.Param, type, vector, alignment, false, false);
    }

    /// <summary>Reads a type's name with its dot.</summary>
    public PtxType ExpectType()
    {
        if (lexer.Current.Kind != PtxTokenKind.Word || lexer.CurrentText.Length < 2 || lexer.CurrentText[0] != '.'
            || !PtxTypeNames.TryFind(lexer.CurrentText[1..], out PtxType type))
            throw lexer.Unexpected("a type, such as .b32");
        lexer.Advance();
        return type;
    }

    /// <summary>
    /// Reads attributes, alignment, vector length and type, in the orders that compilers write them; <c>.ptr</c> describes what a parameter
    /// points to and has no effect.
    /// </summary>
    private (PtxType Type, int Vector, int Alignment) Prefix()
    {
        PtxType type = PtxType.None;
        int vector = 1, alignment = 0;
        while (true)
        {
            if (lexer.Accept(".align"))
                alignment = Alignment();
            else if (lexer.Accept(".attribute"))
                SkipAttribute();
            else if (lexer.Accept(".v2"))
                vector = 2;
            else if (lexer.Accept(".v4"))
                vector = 4;
            else if (type == PtxType.None)
                type = ExpectType();
            else if (lexer.Accept(".ptr"))
                SkipPointee();
            else
                return (type, vector, alignment);
        }
    }

    private int Alignment()
    {
        int alignment = (int)lexer.ExpectCount("an alignment in bytes", 1 << 20);
        return int.IsPow2(alignment) ? alignment : throw lexer.Error($"found an alignment of {alignment} bytes, expected a power of two");
    }

    private void SkipAttribute()
    {
        lexer.Expect('(', "after .attribute");
        while (!lexer.Accept(')'))
        {
            if (lexer.Current.Kind == PtxTokenKind.End)
                throw lexer.Unexpected("')' after the attributes");
            lexer.Advance();
        }
    }

    private void SkipPointee()
    {
        if (IsSpace(out _))
            lexer.Advance();
        if (lexer.Accept(".align"))
            Alignment();
    }

    private PtxVariable Declarator(PtxSpace space, PtxType type, int vector, int alignment, bool external, bool initialisable)
    {
        int line = lexer.Line;
        if (type == PtxType.Pred)
            throw lexer.Error("a variable in memory has the type .pred, expected a type of bits");
        string name = lexer.ExpectName($"the name of a .{space.ToString().ToLowerInvariant()} variable");
        int element = type.ByteSize();
        List<ulong> extents = [];
        bool open = false;
        while (lexer.Accept('['))
        {
            if (extents.Count == MaxDimensions)
                throw lexer.Error($"'{name}' has more than {MaxDimensions} dimensions");
            open |= lexer.Is(']') && extents.Count == 0;
            extents.Add(lexer.Is(']') && extents.Count == 0 ? 0 : lexer.ExpectCount($"the extent of '{name}'", LargestVariable));
            lexer.Expect(']', $"after the extent of '{name}'");
        }

        if (vector > 1)
            extents.Add((ulong)vector);
        if (alignment == 0)
            alignment = element * vector;
        InitialiserImage? image = null;
        if (initialisable && lexer.Accept('='))
        {
            if (space is not (PtxSpace.Global or PtxSpace.Const))
                throw lexer.Error(
                    $"'{name}' in .{space.ToString().ToLowerInvariant()} has an initialiser, expected one only in .global and .const");
            image = new InitialiserImage();
            ulong[] strides = Strides(extents, element, name);
            Values(image, extents, strides, 0, 0, open ? ulong.MaxValue : Total(extents, element, name), type, name);
            if (open)
                extents[0] = strides[0] == 0 ? 0 : (image.Length + strides[0] - 1) / strides[0];
            image.MergeMaskedBytes(lexer.Line);
        }
        else if (open && !(external || space is PtxSpace.Param))
        {
            throw lexer.Error($"'{name}' has an open extent and no initialiser, expected its extent between the brackets");
        }

        return new PtxVariable
        {
            Name = name, Space = space, Type = type, Size = Total(extents, element, name), Alignment = alignment, IsExternal = external,
            Line = line,
            Initialiser = image?.ToArray(), Relocations = image?.Relocations ?? [],
        };
    }

    private ulong Total(List<ulong> extents, int element, string name)
    {
        UInt128 total = (UInt128)element;
        foreach (ulong extent in extents)
        {
            total *= extent;
            if (total > LargestVariable)
                throw lexer.Error($"'{name}' is larger than {LargestVariable} bytes");
        }

        return (ulong)total;
    }

    /// <summary>Bytes between adjacent elements along each dimension.</summary>
    private ulong[] Strides(List<ulong> extents, int element, string name)
    {
        ulong[] strides = new ulong[extents.Count];
        for (int i = 0; i < strides.Length; i++)
            strides[i] = Total(extents[(i + 1)..], element, name);
        return strides;
    }

    private void Values(InitialiserImage image, List<ulong> extents, ulong[] strides, int dimension, ulong offset, ulong end, PtxType type,
        string name)
    {
        if (dimension == extents.Count)
        {
            Value(image, offset, end, type, name);
            return;
        }

        lexer.Expect('{', $"before the values of '{name}'");
        for (ulong at = offset; !lexer.Accept('}'); at += strides[dimension])
        {
            if (at > offset)
                lexer.Expect(',', $"or '}}' after a value of '{name}'");
            Values(image, extents, strides, dimension + 1, at, Math.Min(end, at + strides[dimension]), type, name);
        }
    }

    private void Value(InitialiserImage image, ulong offset, ulong end, PtxType type, string name)
    {
        int bytes = type.ByteSize();
        if (offset + (ulong)bytes > end)
            throw lexer.Error($"'{name}' has more values than elements");
        if (offset >= LargestInitialiser)
            throw lexer.Error($"the values of '{name}' reach beyond {LargestInitialiser} bytes");
        int at = (int)offset;
        if (lexer.Current.Kind == PtxTokenKind.Word)
        {
            Symbol(image, at, bytes, 0);
            return;
        }

        PtxImmediate number = Number($"a value of '{name}'");
        if (lexer.Accept('('))
        {
            // 0xFF00(name): one byte of an address.
            int shift = System.Numerics.BitOperations.TrailingZeroCount(number.Bits);
            if (bytes != 1 || shift % 8 != 0 || number.Bits >> shift != 0xFF)
                throw lexer.Error(
                    $"found the mask 0x{number.Bits:X} before '(' in '{name}', expected 0xFF, 0xFF00, … in an array of bytes");
            Symbol(image, at, 1, shift / 8 + 1);
            lexer.Expect(')', $"after a masked address in '{name}'");
            return;
        }

        Span<byte> packed = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(packed, Bits(number, type));
        if (bytes > 8)
            throw lexer.Error($"'{name}' has values of type .{type.ToString().ToLowerInvariant()}, expected at most 8 bytes each");
        image.Write(at, packed[..bytes]);
    }

    private ulong Bits(PtxImmediate number, PtxType type) => (type, number.Kind) switch
    {
        (PtxType.F32, PtxImmediateKind.WholeNumber) => BitConverter.SingleToUInt32Bits((long)number.Bits),
        (PtxType.F64, PtxImmediateKind.WholeNumber) => BitConverter.DoubleToUInt64Bits((long)number.Bits),
        (PtxType.F32 or PtxType.F64, _) or (_, PtxImmediateKind.WholeNumber) => number.As(type),
        _ => throw lexer.Error($"found a floating-point value for the type .{type.ToString().ToLowerInvariant()}, expected an integer"),
    };

    /// <summary>Reads a number with its signs.</summary>
    public PtxImmediate Number(string what)
    {
        bool negative = false;
        while (lexer.Is('-') || lexer.Is('+'))
        {
            negative ^= lexer.Is('-');
            lexer.Advance();
        }

        bool inverted = lexer.Accept('~');
        PtxImmediate number;
        if (lexer.Accept("WARP_SZ"))
        {
            number = new PtxImmediate(32, PtxImmediateKind.WholeNumber);
        }
        else
        {
            if (lexer.Current.Kind != PtxTokenKind.Number)
                throw lexer.Unexpected(what);
            number = PtxNumber.Read(lexer.CurrentText, lexer.Line);
            lexer.Advance();
        }

        if (inverted)
            number = number with { Bits = ~number.Bits };
        return negative ? PtxNumber.Negate(number) : number;
    }

    /// <summary>
    /// Reads <c>name</c>, <c>name+8</c>, <c>generic(name)+8</c>; only the byte of the address before <paramref name="maskedByte"/>, or the
    /// whole address if that is 0.
    /// </summary>
    private void Symbol(InitialiserImage image, int offset, int bytes, int maskedByte)
    {
        bool generic = lexer.Accept("generic");
        if (generic)
            lexer.Expect('(', "after generic");
        string symbol = lexer.ExpectName("the name of a variable or function");
        long addend = Addend();
        if (generic)
            lexer.Expect(')', "after generic(…");
        addend += Addend();
        if (maskedByte == 0 && bytes < 4)
            throw lexer.Error($"the address of '{symbol}' initialises an element of {bytes} bytes, expected 4 or 8");
        image.Write(offset, stackalloc byte[bytes]);
        image.Add(new PtxRelocation(offset, bytes, symbol, addend, generic), maskedByte);
    }

    private long Addend() => lexer.Is('+') || lexer.Is('-') ? (long)Number("an offset in bytes").Bits : 0;
}
