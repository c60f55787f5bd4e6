using System.Reflection;
using CommandLine;

namespace DdmNative.Cli.Manual;

/// <summary>
/// The description of a verb from its attributes, used by the help, the manual pages, the completion and the suggestions.
/// </summary>
/// <param name="Type">Its class.</param>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Operands">The operands, in order.</param>
/// <param name="Options">The options in the order of declaration, the verb's own first.</param>
internal sealed record VerbDescription(Type Type, string Name, string Summary, IReadOnlyList<OperandDescription> Operands,
    IReadOnlyList<OptionDescription> Options)
{
    /// <summary>All verbs.</summary>
    public static IReadOnlyList<VerbDescription> All { get; } = [.. CommandRunner.VerbTypes.Select(Describe)];

    /// <summary>The verb with a name; null if there is none.</summary>
    public static VerbDescription? Find(string name) => All.FirstOrDefault(verb => verb.Name == name);

    private static VerbDescription Describe(Type type)
    {
        PropertyInfo[] properties = type.GetProperties(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance);
        VerbAttribute verb = type.GetCustomAttribute<VerbAttribute>()!;
        return new VerbDescription(
            type,
            verb.Name,
            verb.HelpText,
            [.. Attributed<ValueAttribute>(properties).Where(value => !value.Attribute.Hidden).OrderBy(value => value.Attribute.Index)
                .Select(value => new OperandDescription(value.Attribute.MetaName, value.Attribute.HelpText, value.Attribute.Required,
                    TakesMany(value.Property)))],
            [.. Attributed<OptionAttribute>(properties).Where(option => !option.Attribute.Hidden)
            .Select(option => OptionOf(option.Property, option.Attribute))]);
    }

    private static OptionDescription OptionOf(PropertyInfo property, OptionAttribute option) => new(
        option.LongName,
        option.MetaValue,
        option.HelpText,
        option.Required,
        property.PropertyType == typeof(bool),
        option.Separator == default ? null : option.Separator,
        option.Default is null ? null : Convert.ToString(option.Default, System.Globalization.CultureInfo.InvariantCulture));

    private static bool TakesMany(PropertyInfo property)
        => property.PropertyType != typeof(string) && typeof(System.Collections.IEnumerable).IsAssignableFrom(property.PropertyType);

    private static IEnumerable<(PropertyInfo Property, T Attribute)> Attributed<T>(PropertyInfo[] properties) where T : Attribute
        => properties.Select(property => (Property: property, Attribute: property.GetCustomAttribute<T>()))
            .Where(pair => pair.Attribute is not null)!;
}

/// <summary>An operand of a verb.</summary>
internal sealed record OperandDescription(string Name, string Text, bool IsRequired, bool TakesMany);

/// <summary>An option of a verb.</summary>
/// <param name="Name">The name without dashes.</param>
/// <param name="MetaValue">The placeholder for its value in the help; empty for a switch.</param>
/// <param name="Text">What it does, and its default.</param>
/// <param name="IsRequired">Whether the verb requires it.</param>
/// <param name="IsSwitch">Whether it takes no value.</param>
/// <param name="Separator">The separator of a list's values; null if it takes one value.</param>
/// <param name="Default">The default if the text does not state it; null for none.</param>
internal sealed record OptionDescription(string Name, string MetaValue, string Text, bool IsRequired, bool IsSwitch, char? Separator,
    string? Default)
{
    /// <summary><c>--epochs N</c>.</summary>
    public string Usage => IsSwitch ? $"--{Name}" : $"--{Name} {MetaValue}";

    /// <summary>The text, with the default if that is known.</summary>
    public string FullText => Default is null ? Text : $"{Text} Default: {Default}.";

    /// <summary>The first clause, for a completion list.</summary>
    public string ShortText => Text.Split(['.', ':', ';'], 2)[0];
}
