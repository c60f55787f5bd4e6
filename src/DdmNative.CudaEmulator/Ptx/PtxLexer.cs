using System.Buffers;

namespace DdmNative.CudaEmulator.Ptx;

/// <summary>Cuts PTX text into tokens, one at a time, and says what is wrong at the present one. Comments and blanks are left out.</summary>
internal sealed class PtxLexer
{
    private static readonly SearchValues<char> WordCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$.%");
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

    /// <summary>The present token's characters.</summary>
    public ReadOnlySpan<char> Here => Span(Current);

    public ReadOnlySpan<char> Span(PtxToken token) => _text.AsSpan(token.Start, token.Length);

    public bool Is(char symbol) => Current.Kind == PtxTokenKind.Symbol && _text[Current.Start] == symbol;

    public bool Is(string word) => Current.Kind == PtxTokenKind.Word && Here.SequenceEqual(word);

    public bool Take(char symbol)
    {
        if (!Is(symbol))
            return false;
        Advance();
        return true;
    }

    public bool Take(string word)
    {
        if (!Is(word))
            return false;
        Advance();
        return true;
    }

    /// <summary>Takes the symbol; <paramref name="where"/> says in the message what it is part of: <c>"after the operands"</c>.</summary>
    public void Expect(char symbol, string where)
    {
        if (!Take(symbol))
            throw Unexpected($"'{symbol}' {where}");
    }

    /// <summary>A name that the module itself chooses.</summary>
    public string ExpectName(string what)
    {
        if (Current.Kind != PtxTokenKind.Word || Here[0] == '.')
            throw Unexpected(what);
        string name = Here.ToString();
        Advance();
        return name;
    }

    public string ExpectText(string what)
    {
        if (Current.Kind != PtxTokenKind.Text)
            throw Unexpected(what);
        string value = Here.ToString();
        Advance();
        return value;
    }

    /// <summary>A whole number without sign, no larger than the bound.</summary>
    public ulong ExpectCount(string what, ulong atMost)
    {
        if (Current.Kind != PtxTokenKind.Number)
            throw Unexpected(what);
        PtxImmediate value = PtxNumber.Read(Here, Line);
        if (value.Kind != PtxImmediateKind.WholeNumber || value.Bits > atMost)
            throw Unexpected($"{what}, a whole number of at most {atMost}");
        Advance();
        return value.Bits;
    }

    public PtxException Unexpected(string expected) => Wrong($"found {Describe()}, expected {expected}");

    public PtxException Wrong(string message) => new(Line, message);

    private string Describe() => Current.Kind switch
    {
        PtxTokenKind.End => "the end of the text",
        PtxTokenKind.Text => $"the string \"{Shorten(Here)}\"",
        _ => $"'{Shorten(Here)}'",
    };

    private static string Shorten(ReadOnlySpan<char> characters) => characters.Length <= 60 ? characters.ToString() : $"{characters[..57]}...";

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
            throw new PtxException(_line, $"found the character U+{(int)first:X4}, which no PTX is made of");
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
                    throw new PtxException(_line, "a comment that begins with /* here is never closed, expected */");
                _line += _text.AsSpan(_position, end + 2).Count('\n');
                _position += end + 4;
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>Backslashes keep a quote from ending the string; they stay in it, as in the paths of <c>.file</c>.</summary>
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
            throw new PtxException(from, "a string that begins here is never closed, expected '\"'");
        Current = new PtxToken(PtxTokenKind.Text, start, _position - start, from);
        _position++;
    }

    private void ReadNumber()
    {
        int start = _position;
        bool marked = _text[start] == '0' && start + 1 < _text.Length && _text[start + 1] is 'x' or 'X' or 'f' or 'F' or 'd' or 'D' or 'b' or 'B';
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
            if (_position + 2 >= _text.Length || _text[_position] != ':' || _text[_position + 1] != ':' || !char.IsAsciiLetterOrDigit(_text[_position + 2]))
                break;
            _position += 2;
        }

        Current = new PtxToken(PtxTokenKind.Word, start, _position - start, _line);
    }
}
