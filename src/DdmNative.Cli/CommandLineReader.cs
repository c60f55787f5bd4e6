using System.Collections;
using System.Globalization;
using System.Reflection;
using CommandLine;
using DdmNative.Cli.Manual;
using DdmNative.Cli.Verbs;

namespace DdmNative.Cli;

/// <summary>
/// Reads a command line strictly. Every word belongs to an option or an operand, and every option that takes a value has one. Numbers are
/// written as in a job file, whatever the machine's language. Every message names the option as it was typed. The verbs' attributes say
/// which options there are.
/// </summary>
internal sealed class CommandLineReader
{
    private const string Dashes = "--", EndOfOptions = "--";

    private readonly VerbOptions _verb;
    private readonly VerbDescription _description;
    private readonly Dictionary<string, PropertyInfo> _options = [];
    private readonly List<PropertyInfo> _operands;
    private readonly Dictionary<string, List<string>> _texts = [];
    private readonly List<string> _words = [], _faults = [];

    private CommandLineReader(VerbOptions verb, VerbDescription description)
    {
        (_verb, _description) = (verb, description);
        PropertyInfo[] properties = verb.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance);
        foreach (PropertyInfo property in properties)
        {
            if (property.GetCustomAttribute<OptionAttribute>()?.LongName is string name)
                _options.Add(name, property);
        }

        _operands = [.. properties.Where(property => property.GetCustomAttribute<ValueAttribute>() is not null).OrderBy(property
            => property.GetCustomAttribute<ValueAttribute>()!.Index)];
    }

    /// <summary>The verb with its options set; or, in its place, what is wrong, a sentence each.</summary>
    public static (VerbOptions? Verb, IReadOnlyList<string> Faults) Read(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || arguments[0].Length == 0)
            return (null, ["name a verb."]);
        if (VerbDescription.Find(arguments[0]) is not VerbDescription description)
            return (null, [UsageErrors.UnknownVerb(arguments[0])]);
        var verb = (VerbOptions)Activator.CreateInstance(description.Type)!;
        var reader = new CommandLineReader(verb, description);
        reader.Sort([.. arguments.Skip(1)]);
        reader.SetOptions();
        reader.SetOperands();
        verb.Given = reader._texts.Keys.ToHashSet();
        return reader._faults.Count == 0 ? (verb, []) : (null, reader._faults);
    }

    /// <summary>Which word belongs to which option.</summary>
    private void Sort(string[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            string word = arguments[i];
            if (word == EndOfOptions)
            {
                _words.AddRange(arguments[(i + 1)..]);
                return;
            }

            if (!LooksLikeOption(word))
            {
                _words.Add(word);
                continue;
            }

            string[] sides = word.StartsWith(Dashes, StringComparison.Ordinal) ? word[Dashes.Length..].Split('=', 2) : [""];
            if (!_options.TryGetValue(sides[0], out PropertyInfo? option))
            {
                string name = word.Split('=')[0];
                Fault($"there is no option '{name}'.{UsageErrors.Suggestion(name.TrimStart('-'), _options.Keys, Dashes)}");

                // What follows is most likely its value: one fault is told once.
                if (sides.Length == 1 && i + 1 < arguments.Length && !LooksLikeOption(arguments[i + 1]))
                    i++;
                continue;
            }

            i += Take(sides[0], option, sides.Length == 2 ? sides[1] : null, arguments.AsSpan(i + 1));
        }
    }

    /// <summary>An option with its values.</summary>
    /// <param name="name">Without the dashes.</param>
    /// <param name="option">Where it is kept.</param>
    /// <param name="value">What follows its equals sign; null where there is none.</param>
    /// <param name="next">The words behind it.</param>
    /// <returns>How many of them belong to it.</returns>
    private int Take(string name, PropertyInfo option, string? value, ReadOnlySpan<string> next)
    {
        bool isList = IsList(option);
        if (!isList && option.PropertyType != typeof(bool) && _texts.ContainsKey(name))
            Fault($"--{name} is given twice; give it once.");
        List<string> texts = _texts.TryGetValue(name, out List<string>? known) ? known : _texts[name] = [];
        if (option.PropertyType == typeof(bool))
        {
            if (value is not null)
                Fault($"--{name} takes no value: found '{value}' after it; leave that out.");
            return 0;
        }

        if (value is not null)
        {
            texts.Add(value);
            return 0;
        }

        int taken = 0;
        while (taken < next.Length && (isList || taken == 0) && !LooksLikeOption(next[taken]))
            texts.Add(next[taken++]);
        if (taken == 0)
        {
            string usage = $"--{name} {option.GetCustomAttribute<OptionAttribute>()!.MetaValue}";
            Fault(next.Length == 0
                ? $"--{name} needs a value: {usage}."
                : $"--{name} needs a value: {usage}; found the option '{next[0]}' in its place. "
                    + $"For a value that begins with a dash write --{name}={next[0]}.");
        }

        return taken;
    }

    private void SetOptions()
    {
        foreach ((string name, PropertyInfo property) in _options)
        {
            OptionAttribute option = property.GetCustomAttribute<OptionAttribute>()!;
            if (_texts.TryGetValue(name, out List<string>? texts))
                Set(property, Dashes + name, option.Separator, texts);
            else if (option.Required)
                Fault($"--{name} {option.MetaValue} is needed.");
            else if (option.Default is not null)
                property.SetValue(_verb, option.Default);
        }
    }

    private void SetOperands()
    {
        int taken = 0;
        foreach (PropertyInfo property in _operands)
        {
            ValueAttribute operand = property.GetCustomAttribute<ValueAttribute>()!;
            string[] texts = [.. IsList(property) ? _words.Skip(taken) : _words.Skip(taken).Take(1)];
            taken += texts.Length;
            if (texts.Length > 0)
                Set(property, operand.MetaName.TrimEnd('…'), default, texts);
            else if (operand.Required)
                Fault($"{operand.MetaName} is needed: {operand.HelpText}");
        }

        string takes = _operands.Count == 0 ? "takes no words beside its options"
            : $"takes {string.Join(' ', _description.Operands.Select(operand => operand.Name))} beside its options";
        foreach (string word in _words.Skip(taken))
            Fault($"found '{word}', which belongs to no option; {_description.Name} {takes}.");
    }

    private void Set(PropertyInfo property, string named, char separator, IReadOnlyList<string> texts)
    {
        if (property.PropertyType == typeof(bool))
        {
            property.SetValue(_verb, true);
            return;
        }

        Type type = IsList(property) ? property.PropertyType.GetGenericArguments()[0] : Nullable.GetUnderlyingType(property.PropertyType)
            ?? property.PropertyType;
        var values = new ArrayList();
        foreach (string text in separator == default ? texts : texts.SelectMany(text => text.Split(separator)))
        {
            (object? value, string expected) = ValueOf(text, type);
            if (value is not null)
                values.Add(value);
            else
                Fault($"{named}: found {(string.IsNullOrWhiteSpace(text) ? "an empty text" : $"'{text}'")}, expected {expected}.");
        }

        if (IsList(property))
            property.SetValue(_verb, values.ToArray(type));
        else if (values.Count > 0)
            property.SetValue(_verb, values[0]);
    }

    /// <summary>The value of a text, or null; and what was expected.</summary>
    internal static (object? Value, string Expected) ValueOf(string text, Type type)
    {
        if (type == typeof(string))
            return (string.IsNullOrWhiteSpace(text) ? null : text, "a text that is not empty");
        CultureInfo invariant = CultureInfo.InvariantCulture;
        if (type == typeof(int))
            return (int.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out int whole) ? whole : null,
                OfWhole(text, int.MaxValue));
        if (type == typeof(ulong))
            return (ulong.TryParse(text, NumberStyles.None, invariant, out ulong seed) ? seed : null,
                "a whole number from 0 to 18446744073709551615");
        if (type != typeof(float) && type != typeof(double))
            throw new InvalidOperationException($"Options of {type} cannot be read yet.");
        double? real = Real(text) is double found && (type == typeof(double) || float.IsFinite((float)found)) ? found : null;
        string expected = text.Contains(',', StringComparison.Ordinal) && Real(text.Replace(',', '.')) is not null
            ? $"a number with a point for its decimals, such as {text.Replace(',', '.')}"
            : "a number";
        if (real is null)
            return (null, expected);
        return (type == typeof(double) ? (object)real.Value : float.Parse(text, NumberStyles.Float, invariant), expected);
    }

    private static string OfWhole(string text, int most)
        => text.TrimStart('-').All(char.IsAsciiDigit) && text.TrimStart('-').Length > 0 ? $"a whole number up to {most}" : "a whole number";

    private static double? Real(string text)
        => double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out double real) && double.IsFinite(real)
            ? real
            : null;

    private static bool IsList(PropertyInfo property) => property.PropertyType != typeof(string)
        && typeof(IEnumerable).IsAssignableFrom(property.PropertyType);

    /// <summary>Whether a word is an option and no value: it begins with a dash and is no number below 0.</summary>
    private static bool LooksLikeOption(string word)
        => word.Length > 1 && word[0] == '-' && !(char.IsAsciiDigit(word[1])
            || (word.Length > 2 && word[1] == '.' && char.IsAsciiDigit(word[2])));

    private void Fault(string sentence) => _faults.Add(sentence);
}
