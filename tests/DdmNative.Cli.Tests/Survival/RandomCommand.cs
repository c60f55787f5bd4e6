using System.Globalization;
using System.Runtime.Versioning;
using DdmNative.Cli.Completion;
using DdmNative.Cli.Manual;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>
/// A command line that somebody might mistype: a verb, its options and operands as its description lists them, each with a value that is
/// right, wrong, missing or another option's.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class RandomCommand
{
    /// <summary>
    /// What goes to the network, another program, or other hardware; and what ends in the exit codes of devices and memory by right.
    /// </summary>
    private static readonly string[] LeftOut = ["compare-pytorch", "device", "precision", "memory"];

    /// <summary>Options that name what is written.</summary>
    private static readonly string[] Written = ["run", "csv", "parquet", "out", "trace", "to", "man"];

    private static readonly string[] Numbers = ["1", "2", "3", "0", "-1", "0,5", "0.5", "1e-3", "1e400", "NaN", "99999999999999999999",
        "4294967296", "x", "", "1 000", "0x10", "1,2", "5,10", "٣"];
    private static readonly string[] Strays = ["stray", "-x", "--no-such-option", "--", "-", "--run=", "--quiet=yes", "-1"];

    private readonly Random _random;
    private readonly List<string> _arguments = [], _written = [];

    public RandomCommand(int seed)
    {
        _random = new Random(seed);
        VerbDescription verb = Pick(VerbDescription.All);
        _arguments.Add(Chance(0.03) ? Pick(["trian", "", "--json", "verb\u001b[31m"]) : verb.Name);
        foreach (OperandDescription operand in verb.Operands.Where(operand => Chance(operand.IsRequired ? 0.9 : 0.6)))
            _arguments.Add(Value(operand.Name.TrimEnd('…'), KnownValues.For(verb, operand)));
        OptionDescription[] options = [.. verb.Options.Where(option => !LeftOut.Contains(option.Name)
            && !(verb.Name == "data" && option.Name == "mirror"))];
        foreach (OptionDescription option in options.Where(option => option.Name is "run" or "data" ? Chance(0.9)
            : Chance(option.IsRequired ? 0.9 : 2.5 / options.Length)))
            Add(verb, option);
        if (Chance(0.06))
            _arguments.Insert(_random.Next(1, _arguments.Count + 1), Pick(Strays));

        // Nothing is fetched from elsewhere.
        if (verb.Name == "data")
            _arguments.AddRange(["--mirror", Pick(CommandWorld.Paths)]);
    }

    public IReadOnlyList<string> Arguments => _arguments;

    /// <summary>The places that the command may write to.</summary>
    public IReadOnlyList<string> Writes => _written;

    public override string ToString() => "ddm " + string.Join(' ', _arguments.Select(Quoted));

    private void Add(VerbDescription verb, OptionDescription option)
    {
        if (option.IsSwitch)
        {
            _arguments.Add("--" + option.Name);
            return;
        }

        string value = Value(option.MetaValue, KnownValues.For(verb, option));
        if (Written.Contains(option.Name))
            _written.Add(value);
        if (Chance(0.03))
            _arguments.Add("--" + option.Name);
        else if (Chance(0.3))
            _arguments.Add($"--{option.Name}={value}");
        else
            _arguments.AddRange(["--" + option.Name, value]);
    }

    private string Value(string metaValue, ValueCompletion known) => metaValue switch
    {
        _ when Chance(0.04) => Pick(CommandWorld.Paths),
        "SPEC" => Chance(0.7) ? CommandWorld.Data : Chance(0.5) ? Pick(["generate:classes=2", "generated:", "generated:classes=0",
            "fashion-mnits", "generated:size=1"]) : Pick(CommandWorld.Paths),
        "job.json" => Chance(0.6) ? "job.json" : Pick(CommandWorld.Paths),
        "DIR" or "RUN" or "SHARD" => Chance(0.5) ? Pick(["run", "new"]) : Pick(CommandWorld.Paths),
        "FILE" => Pick(CommandWorld.Paths),
        "N" or "X" or "P" or "S" or "P,P…" or "X,X…" or "G,G…" or "N|all" or "I/N" or "MIB" => Chance(0.6) ? Pick(["1", "2", "3"])
            : Pick(Numbers),
        _ when known.Words.Count > 0 && Chance(0.8) => Pick(known.Words),
        _ => Pick((string[])["", "x", "class=0", "group=1", "head;loss", "head,,repair", "loss:class=9", "text\u001b[2J", .. Numbers]),
    };

    private T Pick<T>(IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    private bool Chance(double share) => _random.NextDouble() < share;

    /// <summary>As a shell takes it, control characters and all.</summary>
    private static string Quoted(string argument)
        => argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=,:+".Contains(c, StringComparison.Ordinal))
            ? argument
            : argument.Any(char.IsControl)
                ? "$'" + string.Concat(argument.Select(c => char.IsControl(c)
                    ? string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}") : c.ToString())) + "'"
                : $"'{argument}'";
}
