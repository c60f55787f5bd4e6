using System.Buffers;

namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Splits PTX text into tokens, one at a time, and reports errors at the current one. Comments and blanks are skipped.</summary>
internal sealed class PtxLexer
{
    private static readonly SearchValues<char> WordCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$.%");
    private static readonly SearchValues<char> Symbols = SearchValues.Create("{}()[],;:|+-<>=*/~!@&^?#\\");
    private readonly string _text;
    private int _position;
    private int _line = 1;

    public PtxLexer(string text)
    {
        this._text = text;
        Advance();
    }

    public PtxToken Current { get; private set; }

    public int Line => Current.Line;

    /// <summary>The current token's characters.</summary>
    public ReadOnlySpan<char> CurrentText => Span(Current);

    public ReadOnlySpan<char> Span(PtxToken token) => _text.AsSpan(token.Start, token.Length);

    public bool Is(char symbol) => Current.Kind == PtxTokenKind.Symbol && _text[Current.Start] == symbol;

    public bool Is(string word) => Current.Kind == PtxTokenKind.Word && CurrentText.SequenceEqual(word);

    public bool Accept(char symbol)
    {
        if (!Is(symbol))
            return false;
        Advance();
        return true;
    }

    public bool Accept(string word)
    {
        if (!Is(word))
            return false;
        Advance();
        return true;
    }

    /// <summary>Consumes the symbol; <paramref name="where"/> describes its context in the message: <c>"after the operands"</c>.</summary>
    public void Expect(char symbol, string where)
    {
        if (!Accept(symbol))
            throw Unexpected($"'{symbol}' {where}");
    }

    /// <summary>Reads a name that the module defines.</summary>
    public string ExpectName(string what)
    {
        if (Current.Kind != PtxTokenKind.Word || CurrentText[0] == '.')
            throw Unexpected(what);
        string name = CurrentText.ToString();
        Advance();
        return name;
    }

    public string ExpectText(string what)
    {
        if (Current.Kind != PtxTokenKind.Text)
            throw Unexpected(what);
        string value = CurrentText.ToString();
        Advance();
        return value;
    }

    /// <summary>Reads an unsigned integer that is not larger than the bound.</summary>
    public ulong ExpectCount(string what, ulong atMost)
    {
        if (Current.Kind != PtxTokenKind.Number)
            throw Unexpected(what);
        PtxImmediate value = PtxNumber.Read(CurrentText, Line);
        if (value.Kind != PtxImmediateKind.WholeNumber || value.Bits > atMost)
            throw Unexpected($"{what}, an integer of at most {atMost}");
        Advance();
        return value.Bits;
    }

    public PtxException Unexpected(string expected) => Error($"found {Describe()}, expected {expected}");

    public PtxException Error(string message) => new(Line, message);

    private string Describe() => Current.Kind switch
    {
        PtxTokenKind.End => "the end of the text",
        PtxTokenKind.Text => $"the string \"{Shorten(CurrentText)}\"",
        _ => $"'{Shorten(CurrentText)}'",
    };

    private static string Shorten(ReadOnlySpan<char> characters)
        => characters.Length <= 60 ? characters.ToString() : $"{characters[..57]}...";

    public void Advance()
    {
        SkipBlanks();
        int start = _position;
        if (start == _text.Length)
        {
            Current = new PtxToken(PtxTokenKind.End, start, 0, _line);
            return;
        }

        char first = _text[start];
        if (first == '"')
        {
            ReadText();
        }
        else if (char.IsAsciiDigit(first))
        {
            ReadNumber();
        }
        else if (WordCharacters.Contains(first))
        {
            ReadWord();
        }
        else if (Symbols.Contains(first))
        {
            _position++;
            Current = new PtxToken(PtxTokenKind.Symbol, start, 1, _line);
        }
        else
        {
            throw new PtxException(_line, $"found the character U+{(int)first:X4}, which is not valid in PTX");
        }
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length)
        {
            char here = _text[_position];
            if (here == '\n')
            {
                _line++;
                _position++;
            }
            else if (here is ' ' or '\t' or '\r' or '\f' or '\v')
            {
                _position++;
            }
            else if (here == '/' && _position + 1 < _text.Length && _text[_position + 1] == '/')
            {
                int end = _text.AsSpan(_position).IndexOf('\n');
                _position = end < 0 ? _text.Length : _position + end;
            }
            else if (here == '/' && _position + 1 < _text.Length && _text[_position + 1] == '*')
            {
                int end = _text.AsSpan(_position + 2).IndexOf("*/");
                if (end < 0)
                    throw new PtxException(_line, "the comment that starts here with /* is not closed, expected */");
                _line += _text.AsSpan(_position, end + 2).Count('\n');
                _position += end + 4;
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>
    /// A backslash keeps a quote from ending the string; backslashes are kept in the text, as in the paths of <c>.file</c>.
    /// </summary>
    private void ReadText()
    {
        int start = ++_position;
        int from = _line;
        for (; _position < _text.Length && _text[_position] != '"'; _position++)
        {
            if (_text[_position] == '\\' && _position + 1 < _text.Length)
                _position++;
            if (_text[_position] == '\n')
                _line++;
        }

        if (_position >= _text.Length)
            throw new PtxException(from, "the string that starts here is not closed, expected '\"'");
        Current = new PtxToken(PtxTokenKind.Text, start, _position - start, from);
        _position++;
    }

    private void ReadNumber()
    {
        int start = _position;
        bool marked = _text[start] == '0' && start + 1 < _text.Length
            && _text[start + 1] is 'x' or 'X' or 'f' or 'F' or 'd' or 'D' or 'b' or 'B';
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] is '.' or '_'))
        {
            _position++;
            // The sign of a decimal exponent.
            if (!marked && _position < _text.Length && _text[_position] is '+' or '-' && _text[_position - 1] is 'e' or 'E')
                _position++;
        }

        Current = new PtxToken(PtxTokenKind.Number, start, _position - start, _line);
    }

    private void ReadWord()
    {
        int start = _position;
        while (true)
        {
            int length = _text.AsSpan(_position).IndexOfAnyExcept(WordCharacters);
            _position = length < 0 ? _text.Length : _position + length;
            // shared::cta, L2::128B
            if (_position + 2 >= _text.Length || _text[_position] != ':' || _text[_position + 1] != ':'
                || !char.IsAsciiLetterOrDigit(_text[_position + 2]))
                break;
            _position += 2;
        }

        Current = new PtxToken(PtxTokenKind.Word, start, _position - start, _line);
    }
}
