using System.Collections;
using System.Globalization;
using System.Reflection;
using CommandLine;
using DdmNative.Cli.Manual;
using DdmNative.Cli.Verbs;

namespace DdmNative.Cli;

/// <summary>
/// Reads a command line strictly. Each argument belongs to an option or is an operand, and each option that takes a value has one. Numbers
/// have the format of a job file, independent of the culture. Messages name the option as the user typed it. The attributes of the verbs
/// define the options.
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

    /// <summary>Reads the verb and sets its options. If there are errors, the verb is null and there is one sentence per error.</summary>
    public static (VerbOptions? Verb, IReadOnlyList<string> Faults) Read(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || arguments[0].Length == 0)
            return (null, ["a verb is required."]);
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

    /// <summary>Assigns each argument to an option or to the operands.</summary>
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

                // The next argument is most likely the value of the unknown option: report only one error.
                if (sides.Length == 1 && i + 1 < arguments.Length && !LooksLikeOption(arguments[i + 1]))
                    i++;
                continue;
            }

            i += ReadValues(sides[0], option, sides.Length == 2 ? sides[1] : null, arguments.AsSpan(i + 1));
        }
    }

    /// <summary>Reads the values of one option.</summary>
    /// <param name="name">The name without dashes.</param>
    /// <param name="option">The property that the option sets.</param>
    /// <param name="value">The text after the equals sign; null if there is none.</param>
    /// <param name="next">The arguments that follow.</param>
    /// <returns>How many of them belong to the option.</returns>
    private int ReadValues(string name, PropertyInfo option, string? value, ReadOnlySpan<string> next)
    {
        bool isList = IsList(option);
        if (!isList && option.PropertyType != typeof(bool) && _texts.ContainsKey(name))
            Fault($"--{name} is given twice; give it once.");
        List<string> texts = _texts.TryGetValue(name, out List<string>? known) ? known : _texts[name] = [];
        if (option.PropertyType == typeof(bool))
        {
            if (value is not null)
                Fault($"--{name} takes no value: found '{value}'; remove it.");
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
                : $"--{name} needs a value: {usage}; found the option '{next[0]}'. "
                    + $"For a value that starts with a dash, write --{name}={next[0]}.");
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
                Fault($"--{name} {option.MetaValue} is required.");
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
                Fault($"{operand.MetaName} is required: {operand.HelpText}");
        }

        string takes = _operands.Count == 0 ? "takes only options"
            : $"takes {string.Join(' ', _description.Operands.Select(operand => operand.Name))} and options";
        foreach (string word in _words.Skip(taken))
            Fault($"found '{word}', which does not belong to an option; {_description.Name} {takes}.");
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
                Fault($"{named}: found {(string.IsNullOrWhiteSpace(text) ? "an empty string" : $"'{text}'")}, expected {expected}.");
        }

        if (IsList(property))
            property.SetValue(_verb, values.ToArray(type));
        else if (values.Count > 0)
            property.SetValue(_verb, values[0]);
    }

    /// <summary>Converts a text to a value, or to null if that is not possible; also describes the expected value.</summary>
    internal static (object? Value, string Expected) ValueOf(string text, Type type)
    {
        if (type == typeof(string))
            return (string.IsNullOrWhiteSpace(text) ? null : text, "a string that is not empty");
        if (type == typeof(bool))
            return (text is "true" or "false" ? text == "true" : null, "true or false");
        CultureInfo invariant = CultureInfo.InvariantCulture;
        if (type == typeof(int))
            return (int.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out int whole) ? whole : null,
                DescribeInteger(text, int.MaxValue));
        if (type == typeof(ulong))
            return (ulong.TryParse(text, NumberStyles.None, invariant, out ulong seed) ? seed : null,
                "a whole number from 0 to 18446744073709551615");
        if (type != typeof(float) && type != typeof(double))
            throw new InvalidOperationException($"Options of {type} cannot be read yet.");
        double? real = Real(text) is double found && (type == typeof(double) || float.IsFinite((float)found)) ? found : null;
        string expected = text.Contains(',', StringComparison.Ordinal) && Real(text.Replace(',', '.')) is not null
            ? $"a number with a decimal point, such as {text.Replace(',', '.')}"
            : "a number";
        if (real is null)
            return (null, expected);
        return (type == typeof(double) ? (object)real.Value : float.Parse(text, NumberStyles.Float, invariant), expected);
    }

    private static string DescribeInteger(string text, int most)
        => text.TrimStart('-').All(char.IsAsciiDigit) && text.TrimStart('-').Length > 0 ? $"a whole number up to {most}" : "a whole number";

    private static double? Real(string text)
        => double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out double real) && double.IsFinite(real)
            ? real
            : null;

    private static bool IsList(PropertyInfo property) => property.PropertyType != typeof(string)
        && typeof(IEnumerable).IsAssignableFrom(property.PropertyType);

    /// <summary>Whether an argument is an option and not a value: it starts with a dash and is not a negative number.</summary>
    private static bool LooksLikeOption(string word)
        => word.Length > 1 && word[0] == '-' && !(char.IsAsciiDigit(word[1])
            || (word.Length > 2 && word[1] == '.' && char.IsAsciiDigit(word[2])));

    private void Fault(string sentence) => _faults.Add(sentence);
}
