using System.Text.Json;

namespace DdmNative.Runs.Jobs;

/// <summary>The line of each field in a JSON text, for messages about values that are out of range.</summary>
public sealed class JsonFieldLines
{
    private readonly Dictionary<string, int> _lines = [];

    /// <summary>
    /// The line, from 1, of a field such as <c>training.epochs</c>; of the nearest enclosing object if the text does not contain the field.
    /// </summary>
    public int this[string field]
    {
        get
        {
            while (true)
            {
                if (_lines.TryGetValue(field, out int line))
                    return line;
                int cut = field.LastIndexOfAny(['.', '[']);
                if (cut < 0)
                    return 1;
                field = field[..cut];
            }
        }
    }

    /// <summary>Whether the text contains the field.</summary>
    public bool Says(string field) => _lines.ContainsKey(field);

    internal static JsonFieldLines Read(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        var lines = new JsonFieldLines();
        var reader = new Utf8JsonReader(json,
            new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var path = new Stack<(string Prefix, int Index)>(); // Index is −1 inside an object
        string name = "";
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                path.Pop();
                continue;
            }

            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                name = path.Peek().Prefix is "" ? reader.GetString()! : $"{path.Peek().Prefix}.{reader.GetString()}";
                continue;
            }

            string field = name;
            if (path.TryPeek(out (string Prefix, int Index) outer) && outer.Index >= 0)
            {
                field = $"{outer.Prefix}[{outer.Index}]";
                path.Pop();
                path.Push((outer.Prefix, outer.Index + 1));
            }

            lines._lines[field] = 1 + json[..(int)reader.TokenStartIndex].Count((byte)'\n');
            if (reader.TokenType == JsonTokenType.StartObject)
                path.Push((field, -1));
            else if (reader.TokenType == JsonTokenType.StartArray)
                path.Push((field, 0));
        }

        return lines;
    }
}
