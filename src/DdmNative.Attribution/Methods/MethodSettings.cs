using System.Globalization;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// A method as the user writes it: <c>NAME</c> or <c>NAME:key=value:key=value</c>. A method reads its settings from here; a setting that it
/// does not read is refused.
/// </summary>
public sealed class MethodSettings
{
    private readonly string _text;
    private readonly Dictionary<string, string> _values = [];
    private readonly List<string> _known = [];

    /// <exception cref="MethodRequestException">A setting is not <c>key=value</c>, or is there twice.</exception>
    /// <param name="text">As the user writes it.</param>
    /// <param name="main">The setting that may be written without its key; null for none.</param>
    public MethodSettings(string text, string? main = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
        string[] parts = text.Split(':', 2);
        Name = parts[0];
        if (parts.Length == 1)
            return;
        foreach (string setting in parts[1].Split(':'))
        {
            string[] sides = setting.Split('=', 2);
            if (sides.Length == 1 && main is not null && _values.Count == 0)
                sides = [main, setting];
            if (sides.Length != 2 || sides[0].Length == 0 || sides[1].Length == 0)
                throw new MethodRequestException($"Method '{text}': '{setting}' is not key=value; write e.g. {Name}:key=value:key=value.");
            if (!_values.TryAdd(sides[0], sides[1]))
                throw new MethodRequestException($"Method '{text}': '{sides[0]}' is set twice.");
        }
    }

    /// <summary>The method's name without settings.</summary>
    public string Name { get; }

    /// <summary>The settings that were read so far with their defaults, for the help.</summary>
    public IReadOnlyList<string> Listed => _known;

    /// <summary>What a job says of all synsets: defaults of the settings of methods that run on one.</summary>
    public SynsetDefaults Matching { get; init; } = new();

    /// <summary>A whole number that has no default.</summary>
    /// <exception cref="MethodRequestException">It is missing, not a whole number, or out of range.</exception>
    public int RequiredWhole(string key, int least, int most)
    {
        int value = Whole(key, least - 1, least, most);
        return value >= least ? value
            : throw new MethodRequestException($"Method '{_text}' needs {key}, a whole number from {least} to {most}: {Name}:{least}.");
    }

    /// <summary>A whole number.</summary>
    /// <exception cref="MethodRequestException">It is none, or out of range.</exception>
    public int Whole(string key, int value, int least, int most)
    {
        if (Read(key, value) is not string text)
            return value;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw Bad(key, text, $"a whole number from {least} to {most}");
    }

    /// <summary>A number above one bound and up to another.</summary>
    /// <exception cref="MethodRequestException">It is none, or out of range.</exception>
    public double Real(string key, double value, double above, double most)
    {
        if (Read(key, value) is not string text)
            return value;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number > above
            && number <= most
            ? number
            : throw Bad(key, text, string.Create(CultureInfo.InvariantCulture, $"a number above {above} and up to {most}"));
    }

    /// <summary>A share, from 0 to below 1.</summary>
    /// <exception cref="MethodRequestException">It is none.</exception>
    public double Share(string key, double value)
    {
        if (Read(key, value) is not string text)
            return value;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number is >= 0 and < 1
            ? number
            : throw Bad(key, text, "a number from 0 to below 1");
    }

    /// <summary>One of some words.</summary>
    /// <exception cref="MethodRequestException">It is another.</exception>
    public string Word(string key, string value, params string[] words)
    {
        if (Read(key, value) is not string text)
            return value;
        return words.Contains(text) ? text : throw Bad(key, text, $"one of {string.Join(", ", words)}");
    }

    /// <summary>Any text, for example a list.</summary>
    public string Text(string key, string value) => Read(key, value) ?? value;

    /// <summary>Refuses settings that the method has not read.</summary>
    /// <exception cref="MethodRequestException">There is such a setting.</exception>
    internal void RequireAllRead()
    {
        if (_values.Count > 0)
            throw new MethodRequestException(
                $"Method '{_text}': there is no setting '{_values.Keys.First()}'; "
                + $"{(_known.Count == 0 ? $"{Name} has none" : $"{Name} has {string.Join(", ", _known)}")}.");
    }

    private string? Read(string key, IFormattable value) => Read(key, value.ToString(null, CultureInfo.InvariantCulture));

    private string? Read(string key, string value)
    {
        _known.Add($"{key}={value}");
        return _values.Remove(key, out string? text) ? text : null;
    }

    private MethodRequestException Bad(string key, string found, string expected)
        => new($"Method '{_text}': {key} is '{found}', expected {expected}.");
}

/// <summary>What a job says of all synsets.</summary>
/// <param name="ImagesPerGroup">m: images per group; null for what was measured best for each method.</param>
/// <param name="Steps">Matching steps; null for what was measured best for each method.</param>
public sealed record SynsetDefaults(int? ImagesPerGroup = null, int? Steps = null);
