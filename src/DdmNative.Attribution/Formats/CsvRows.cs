using System.Globalization;
using System.Text;
using CsvHelper;

namespace DdmNative.Attribution.Formats;

/// <summary>
/// Reads the rows of a comma-separated UTF-8 file with a header. Every error, including the library's, names file, line and column.
/// </summary>
internal sealed class CsvRows : IDisposable
{
    private readonly CsvReader _csv;
    private readonly Dictionary<string, int> _columns = [];

    /// <param name="path">The file.</param>
    /// <param name="comment">The character that starts a comment line; null for none.</param>
    public CsvRows(string path, char? comment = null)
    {
        Path = path;
        _csv = CsvReader.Create(new StreamReader(InputFile.Open(path), new UTF8Encoding(false, throwOnInvalidBytes: true)),
            new CsvReaderOptions
        {
            Separator = ',',
            CommentPrefix = comment,
            TrimWhitespace = true,
            TrackLineNumbers = true,
            MaxRecordSize = 1 << 20,
            MalformedData = CsvMalformedDataHandling.Throw,
            FieldCountMismatch = CsvFieldCountHandling.Throw,
        });
    }

    /// <summary>The file, for messages.</summary>
    public string Path { get; }

    /// <summary>Reads the header; each of these columns must occur once.</summary>
    public void Require(params ReadOnlySpan<string> columns)
    {
        string header = string.Join(",", Checked(() => _csv.Headers.ToArray()));
        foreach (string column in columns)
        {
            if (!Has(column))
                throw Error(column, $"the header '{header}'", "this column",
                    "Put the column names into the first line, separated by commas.");
        }
    }

    /// <summary>Whether the column exists.</summary>
    public bool Has(string column)
    {
        if (!_columns.TryGetValue(column, out int index))
        {
            index = _csv.TryGetFieldIndex(column, out int found) ? found : -1;
            if (_csv.TryGetFieldIndex(column, 1, out _))
                throw Error(column, "two columns of this name", "one", "Rename one of them.");
            _columns.Add(column, index);
        }

        return index >= 0;
    }

    /// <summary>Advances to the next row.</summary>
    public bool Next() => Checked(_csv.Read);

    /// <summary>A field that must not be empty.</summary>
    public string Text(string column) => _csv.GetString(_columns[column]) is { Length: > 0 } text
        ? text
        : throw Error(column, "nothing", "a value", "Complete the line.");

    /// <summary>A field that may be empty, or whose column may be missing; then null.</summary>
    public string? Optional(string column)
        => Has(column) && _csv.GetString(_columns[column]) is { Length: > 0 } text ? text : null;

    /// <summary>A field that is a non-negative integer.</summary>
    public int Number(string column)
    {
        string text = Text(column);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw Error(column, $"'{text}'", "a whole number that is not negative", "Correct the line.");
    }

    /// <summary>A field that is a number.</summary>
    public double Real(string column)
    {
        string text = Text(column);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number : throw Error(column, $"'{text}'", "a number", "Correct the line.");
    }

    /// <summary>An error at a column of the current line.</summary>
    public BadInputException Error(string column, string found, string expected, string remedy)
        => new(Path, $"line {Math.Max(1, _csv.LineNumber)}, column '{column}'", found, expected, remedy);

    public void Dispose() => _csv.Dispose();

    private T Checked<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (CsvFormatException e)
        {
            throw new BadInputException(Path, $"line {Math.Max(1, e.LineNumber)}, all columns", $"an error ({e.Message})",
                "as many fields as the header, quoted according to RFC 4180", "Correct the line.", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new BadInputException(Path, $"line {_csv.LineNumber + 1} or after, text", "bytes that are not UTF-8", "UTF-8",
                "Save the file as UTF-8.", e);
        }
    }
}
