using System.Collections;
using System.Reflection;
using System.Text.Json.Nodes;
using CommandLine;
using DdmNative.Attribution.Formats;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;
using DdmNative.Cli.Verbs;

namespace DdmNative.Cli;

/// <summary>
/// The <c>DDM_</c> environment variables: fields of the job (<c>DDM_TRAINING__EPOCHS</c> is <c>training.epochs</c>) and options
/// (<c>DDM_DEVICE</c> is <c>--device</c>). They are for containers and schedulers, which set variables more easily than arguments. The
/// command line overrides them; they override the job file, the run folder and the defaults. An empty variable is treated as not set.
/// </summary>
internal sealed class DdmEnvironment
{
    private const string Prefix = "DDM_";

    /// <summary>The options that have a variable: how and where to work, not on what.</summary>
    private static readonly string[] Options = ["device", "threads", "precision", "wave", "memory", LogSettings.LevelOption,
        LogSettings.FormatOption];

    /// <summary>Variables that other parts of the product read (docs/architecture.md, docs/cuda-emulator.md).</summary>
    private static readonly string[] ReadElsewhere =
        ["DDM_DATA", CpuCaches.Variable, "DDM_CUDA_DRIVER", "DDM_CUDA_PTX", "DDM_CUDA_NO_CACHING", "DDM_CUDA_EMULATOR",
            .. ((string[])["CAPABILITY", "CHECKS", "DEVICES", "INSTRUCTION_LIMIT", "LOG", "MEMORY", "MMA", "REPORT", "SEED", "THREADS"])
            .Select(name => "DDM_CUDA_EMULATOR_" + name)];

    private readonly Dictionary<string, string> _fields = [], _options = [], _filled = [];

    private DdmEnvironment()
    {
    }

    /// <summary>No variables.</summary>
    public static DdmEnvironment None { get; } = new();

    /// <summary>Selects the <c>DDM_</c> variables from all variables.</summary>
    /// <exception cref="BadUsageException">A <c>DDM_</c> variable has an unknown name.</exception>
    public static DdmEnvironment From(IDictionary variables)
    {
        var environment = new DdmEnvironment();
        foreach (DictionaryEntry variable in variables)
        {
            if (variable is not { Key: string name, Value: string { Length: > 0 } value }
                || !name.StartsWith(Prefix, StringComparison.Ordinal) || ReadElsewhere.Contains(name))
                continue;
            if (Options.FirstOrDefault(option => VariableForOption(option) == name) is string known)
                environment._options.Add(known, value);
            else if (JobFields.All.FirstOrDefault(field => VariableForField(field.Path) == name) is JobField field)
                environment._fields.Add(field.Path, value);
            else
                throw Unknown(name);
        }

        return environment;
    }

    /// <summary>The variable for a field of the job.</summary>
    public static string VariableForField(string path) => Prefix + path.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>The variable for an option.</summary>
    public static string VariableForOption(string option) => Prefix + option.Replace('-', '_').ToUpperInvariant();

    /// <summary>
    /// The variables that have an effect on <paramref name="job"/>, by name: those for options that are not on the command line, and for
    /// fields that the command line does not override.
    /// </summary>
    public IReadOnlyDictionary<string, string> InForce(Job job)
        => _fields.Where(field => Decides(field.Key, job)).Select(field => KeyValuePair.Create(VariableForField(field.Key), field.Value))
            .Concat(_filled.Select(option => KeyValuePair.Create(VariableForOption(option.Key), option.Value)))
                .OrderBy(variable => variable.Key, StringComparer.Ordinal).ToDictionary();

    /// <summary>Whether a variable names the data; without data there is no job.</summary>
    public bool NamesData => _fields.ContainsKey("data.source");

    /// <summary>Replaces the job's values with those of the variables.</summary>
    /// <exception cref="BadUsageException">A value does not have its field's type.</exception>
    public Job Apply(Job job)
        => JobOverrides.Apply(job, _fields,
            (field, found, expected) => new BadUsageException($"{VariableForField(field)}: found {found}, expected {expected}."));

    /// <summary>The variable that a value in the job comes from; null if it comes from another source.</summary>
    /// <param name="field">The field, as <see cref="JobRules"/> names it; for an element of a list, with its index.</param>
    /// <param name="job">The complete job, including the command line's values.</param>
    public string? VariableOf(string field, Job job)
    {
        string path = field.Split('[')[0];
        return Decides(path, job) ? VariableForField(path) : null;
    }

    /// <summary>Sets those options of a verb that have a variable and are not on the command line.</summary>
    /// <exception cref="BadUsageException">A value does not have its option's type.</exception>
    public void Fill(VerbOptions verb, string except)
    {
        foreach (PropertyInfo property in verb.GetType().GetProperties())
        {
            if (property.GetCustomAttribute<OptionAttribute>()?.LongName is not string option || option == except
                || !_options.TryGetValue(option, out string? text) || property.GetValue(verb) is not null)
                continue;
            property.SetValue(verb, ValueOf(option, text, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType));
            _filled.Add(option, text);
        }
    }

    /// <summary>Replaces an option's name in a message with the variable's name if the value comes from the variable.</summary>
    public string Naming(string message)
    {
        foreach (string option in _filled.Keys)
            message = message.Replace($"--{option}:", VariableForOption(option) + ":", StringComparison.Ordinal)
                .Replace($"--{option} ", $"{VariableForOption(option)} ", StringComparison.Ordinal);
        return message;
    }

    private bool Decides(string path, Job job)
        => _fields.ContainsKey(path) && JsonNode.DeepEquals(JobFields.ValueOf(Apply(job), path), JobFields.ValueOf(job, path));

    private static object ValueOf(string option, string text, Type type)
    {
        (object? value, string expected) = CommandLineReader.ValueOf(text, type);
        return value ?? throw new BadUsageException($"{VariableForOption(option)}: found '{text}', expected {expected}.");
    }

    private static BadUsageException Unknown(string name)
    {
        string[] known = [.. Options.Select(VariableForOption), .. JobFields.All.Select(field => VariableForField(field.Path)),
            .. ReadElsewhere];
        string meant = NearestWord.Of(name, known) is string nearest ? $" Did you mean {nearest}?" : "";
        return new BadUsageException($"{name}: there is no such variable.{meant} docs/headless.md lists the variables.");
    }
}
