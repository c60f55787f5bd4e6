using System.Collections;
using System.Reflection;
using System.Text.Json.Nodes;
using CommandLine;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Cli.Output;
using DdmNative.Cli.Verbs;

namespace DdmNative.Cli;

/// <summary>
/// The environment's <c>DDM_</c> variables: fields of the job (<c>DDM_TRAINING__EPOCHS</c> is <c>training.epochs</c>) and options (<c>DDM_DEVICE</c> is <c>--device</c>), for containers and
/// schedulers that set variables more easily than arguments. The command line goes before them; they go before the job file, the run folder and the defaults. An empty variable counts as
/// one that is not set.
/// </summary>
internal sealed class DdmEnvironment
{
    private const string Prefix = "DDM_";

    /// <summary>Options that a variable may stand for: how and where to work, not what at.</summary>
    private static readonly string[] Options = ["device", "threads", "precision", "wave", "memory", LogSettings.LevelOption, LogSettings.FormatOption];

    /// <summary>What other parts of the product read for themselves (docs/architecture.md, docs/cuda-emulator.md).</summary>
    private static readonly string[] ReadElsewhere =
        ["DDM_DATA", "DDM_CUDA_DRIVER", "DDM_CUDA_PTX", "DDM_CUDA_NO_CACHING", "DDM_CUDA_EMULATOR",
            .. ((string[])["CAPABILITY", "CHECKS", "DEVICES", "INSTRUCTION_LIMIT", "LOG", "MEMORY", "MMA", "REPORT", "SEED", "THREADS"])
            .Select(name => "DDM_CUDA_EMULATOR_" + name)];

    private readonly Dictionary<string, string> _fields = [], _options = [], _filled = [];

    private DdmEnvironment()
    {
    }

    /// <summary>No variables.</summary>
    public static DdmEnvironment None { get; } = new();

    /// <summary>Takes the <c>DDM_</c> variables out of all.</summary>
    /// <exception cref="BadUsageException">There is none of that name.</exception>
    public static DdmEnvironment From(IDictionary variables)
    {
        var environment = new DdmEnvironment();
        foreach (DictionaryEntry variable in variables)
        {
            if (variable is not { Key: string name, Value: string { Length: > 0 } value } || !name.StartsWith(Prefix, StringComparison.Ordinal) || ReadElsewhere.Contains(name))
                continue;
            if (Options.FirstOrDefault(option => OfOption(option) == name) is string known)
                environment._options.Add(known, value);
            else if (JobFields.All.FirstOrDefault(field => OfField(field.Path) == name) is JobField field)
                environment._fields.Add(field.Path, value);
            else
                throw Unknown(name);
        }

        return environment;
    }

    /// <summary>The variable of a job's field.</summary>
    public static string OfField(string path) => Prefix + path.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>The variable of an option.</summary>
    public static string OfOption(string option) => Prefix + option.Replace('-', '_').ToUpperInvariant();

    /// <summary>The variables that had a say, by name, given the job that came of it: those of options that the command line left open, and of fields that it has not overridden.</summary>
    public IReadOnlyDictionary<string, string> InForce(Job job)
        => _fields.Where(field => Decides(field.Key, job)).Select(field => KeyValuePair.Create(OfField(field.Key), field.Value))
            .Concat(_filled.Select(option => KeyValuePair.Create(OfOption(option.Key), option.Value))).OrderBy(variable => variable.Key, StringComparer.Ordinal).ToDictionary();

    /// <summary>Whether a variable names the data, without which there is no job.</summary>
    public bool NamesData => _fields.ContainsKey("data.source");

    /// <summary>The job with the variables' values in place of its own.</summary>
    /// <exception cref="BadUsageException">A value is not of its field's type.</exception>
    public Job Apply(Job job) => JobOverrides.Apply(job, _fields, (field, found, expected) => new BadUsageException($"{OfField(field)}: found {found}, expected {expected}."));

    /// <summary>The variable that a value in the job comes from; null where it comes from elsewhere.</summary>
    /// <param name="field">The field, as <see cref="JobRules"/> names it; an element of a list by its index.</param>
    /// <param name="job">The job with everything in it, the command line too.</param>
    public string? VariableOf(string field, Job job)
    {
        string path = field.Split('[')[0];
        return Decides(path, job) ? OfField(path) : null;
    }

    /// <summary>Sets those options of a verb that have a variable and that the command line leaves open.</summary>
    /// <exception cref="BadUsageException">A value is not of its option's type.</exception>
    public void Fill(VerbOptions verb, string except)
    {
        foreach (PropertyInfo property in verb.GetType().GetProperties())
        {
            if (property.GetCustomAttribute<OptionAttribute>()?.LongName is not string option || option == except || !_options.TryGetValue(option, out string? text) || property.GetValue(verb) is not null)
                continue;
            property.SetValue(verb, ValueOf(option, text, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType));
            _filled.Add(option, text);
        }
    }

    /// <summary>A message that names an option, with the variable's name in its place where the value came from there.</summary>
    public string Naming(string message)
    {
        foreach (string option in _filled.Keys)
            message = message.Replace($"--{option}:", OfOption(option) + ":", StringComparison.Ordinal).Replace($"--{option} ", $"{OfOption(option)} ", StringComparison.Ordinal);
        return message;
    }

    private bool Decides(string path, Job job)
        => _fields.ContainsKey(path) && JsonNode.DeepEquals(JobFields.ValueOf(Apply(job), path), JobFields.ValueOf(job, path));

    private static object ValueOf(string option, string text, Type type)
    {
        (object? value, string expected) = CommandLineReader.ValueOf(text, type);
        return value ?? throw new BadUsageException($"{OfOption(option)}: found '{text}', expected {expected}.");
    }

    private static BadUsageException Unknown(string name)
    {
        string[] known = [.. Options.Select(OfOption), .. JobFields.All.Select(field => OfField(field.Path)), .. ReadElsewhere];
        string meant = NearestWord.Of(name, known) is string nearest ? $" Did you mean {nearest}?" : "";
        return new BadUsageException($"{name}: there is no variable of that name.{meant} docs/headless.md lists them.");
    }
}
