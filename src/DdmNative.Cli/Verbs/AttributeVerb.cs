using CommandLine;
using DdmNative.Attribution.Methods;
using DdmNative.Runs;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Output;
using DdmNative.Runs.Summaries;
using DdmNative.Cli.Output.Answers;
using Spectre.Console;

namespace DdmNative.Cli.Verbs;

[Verb("attribute", HelpText = "Fill the attribution matrix: the effect of every group on every objective.")]
internal sealed class AttributeVerb : GroupedOptions
{
    [Option("run", MetaValue = "DIR",
        HelpText = "The run folder; created if it does not exist, resumed if it does. Required, except with --list-methods.")]
    public override string Run { get; set; } = "";

    [Option("list-methods", HelpText = "Print all methods with their settings, sources and units.")]
    public bool ListMethods { get; set; }

    [Sets("attribution.methods")]
    [Option("method", MetaValue = "NAME",
        HelpText = "Any method of --list-methods, or the mean of several that produce models, such as push+feature; "
            + "settings as NAME:key=value:key=value. See --list-methods. Default: push+feature, which was accurate at every measured "
            + "size; for features of any model influence.")]
    public string? MethodName { get; set; }

    [Sets("attribution.methods")]
    [Option("methods", Separator = ',', MetaValue = "LIST",
        HelpText = "Methods to add to those that the run already has, separated by commas, so that the report compares them; finished "
            + "methods are kept. In a run without an attribution, the methods to use. Default: none; --method replaces the run's "
            + "methods.")]
    public IEnumerable<string> Methods { get; set; } = [];

    [Sets("attribution.granularity")]
    [Option("granularity", MetaValue = "NAME", HelpText = "What each effect belongs to: a class, a group or a sample. Default: group.")]
    public string? Granularity { get; set; }

    [Sets("attribution.samples")]
    [Option("samples", MetaValue = "NAME",
        HelpText = "The method that computes the effect of every single image, for the images of each group in the report: none, "
            + "grad-dot, tracin, grad-cos, influence, ekfac, trak, and other methods whose cost does not grow with the number of "
            + "images. Default: grad-dot.")]
    public string? Samples { get; set; }

    [Option("memory", MetaValue = "MIB",
        HelpText = "The memory limit for a method, by its own estimate, in MiB. Default: the machine's memory.")]
    public double? Memory { get; set; }

    [Sets("attribution.methods")]
    [Option("mode", MetaValue = "NAME",
        HelpText = "On the synset: repair, replay, controlled-replay, push or forget, each also with its images per group (repair:4). "
            + "controlled-replay is the most accurate for short training, push for long; repair is the fastest. Default: as "
            + "in --method.")]
    public string? Mode { get; set; }

    [Sets("attribution.methods")]
    [Option("depth", MetaValue = "DEPTH", HelpText = "Instead of a mode, retrain the layers from this depth on: head, block:K or all.")]
    public string? Depth { get; set; }

    [Sets("attribution.methods")]
    [Option("synset", MetaValue = "KIND", HelpText = "Instead of a mode: feature, the synset in feature space.")]
    public string? Synset { get; set; }

    [Sets("attribution.reference_groups")]
    [Option("reference-groups", MetaValue = "N",
        HelpText = "The number of groups without which the last block is retrained, to check the effects of synset modes, feature and "
            + "head, and to scale them to real units; 0 for none. Default: 8.")]
    public int? ReferenceGroups { get; set; }

    [Sets("attribution.objectives")]
    [Option("objectives", Separator = ';', MetaValue = "LIST",
        HelpText = "The objectives that effects are computed for, separated by semicolons: loss, accuracy, margin or logit, over all "
            + "test images, one class (loss:class=3), test images by number (margin:sample=4,17), or each class separately "
            + "(loss:class). Default: loss;loss:class.")]
    public IEnumerable<string> Objectives { get; set; } = [];

    [Sets("validation.calibrate")]
    [Option("calibrate", MetaValue = "N",
        HelpText = "Retrain without N groups, and scale the effects to real units with one slope. Default: none.")]
    public int? Calibrate { get; set; }

    protected override RunGoal Goal => Calibrate > 0 ? RunGoal.Validate : RunGoal.Attribute;

    protected override void Print(IAnsiConsole console, RunSummary result) => AttributedAnswer.Write(console, result);

    protected override RunSettings Settings
        => base.Settings with { MemoryLimit = Memory is double mebibytes ? (long)(mebibytes * 1024 * 1024) : null };

    protected override bool Answer()
    {
        if (ListMethods)
            MethodList.Write(Json);
        else if (Run.Length == 0)
            throw new BadUsageException("Specify the run folder with --run DIR, or use --list-methods.");
        else if (Memory is not (null or > 0))
            throw new BadUsageException($"--memory: found {Memory}, expected a number of MiB above 0.");
        return ListMethods;
    }

    protected override Job Apply(Job job)
    {
        string[] methods = MethodsFor(job), objectives = [.. Objectives];
        int calibrate = Calibrate ?? job.Validation.Calibrate;
        return ApplyGroups(job) with
        {
            Attribution = job.Attribution with
            {
                Methods = methods,
                Objectives = objectives.Length == 0 ? job.Attribution.Objectives : objectives,
                Granularity = Granularity ?? job.Attribution.Granularity,
                Samples = Samples ?? job.Attribution.Samples,
                ReferenceGroups = ReferenceGroups ?? job.Attribution.ReferenceGroups,
            },
            Validation = job.Validation with
            {
                Calibrate = calibrate,
                Groups = job.Validation.Groups is int groups ? Math.Max(groups, calibrate) : null,
            },
        };
    }

    /// <summary>If no method is given, the verb uses the run's method, which may not be the default.</summary>
    protected override string? NoteOn(Job job)
        => Method() is not null || Methods.Any() || IsUsual(job.Attribution.Methods)
            ? null
            : $"Using {string.Join(", ", job.Attribution.Methods)}, as this run did before. For the default, use --method {Usual[0]}.";

    private static IReadOnlyList<string> Usual => new JobAttribution().Methods;

    /// <summary>Whether these are the methods of a job that names none.</summary>
    private static bool IsUsual(IReadOnlyList<string> methods)
        => methods.SequenceEqual(Usual) || methods.SequenceEqual([FeatureDefaults.Method]);

    /// <summary>The run's methods, replaced by the one that an option names, or with those of <c>--methods</c> after them.</summary>
    private string[] MethodsFor(Job job)
    {
        string[] added = [.. Methods];
        if (Method() is string method)
            return added.Length == 0 ? [method] : throw new BadUsageException(
                "--methods adds to the run's methods, --method, --mode, --depth and --synset replace them; use one of them.");
        foreach (string name in added)
            Require("--methods", name);
        // The default of a run that was only trained is no method that it has.
        bool has = !IsUsual(job.Attribution.Methods) || RunFolder.Peek(Run)?.Summary?.Methods.Count > 0;
        return added.Length == 0 || has ? [.. job.Attribution.Methods.Union(added)] : [.. added.Distinct()];
    }

    private string? Method()
    {
        string?[] given = [Mode, Depth, Synset, MethodName];
        if (given.Count(option => option is not null) > 1)
            throw new BadUsageException("--method, --mode, --depth and --synset exclude each other; use one of them.");
        Require("--mode", Mode, MethodDescription.ModeOption);
        Require("--depth", Depth, MethodDescription.DepthOption);
        Require("--synset", Synset, MethodDescription.SynsetOption);
        if (MethodName is not null)
            Require("--method", MethodName);
        return MethodName ?? Mode ?? Depth ?? Synset;
    }

    /// <summary>Refuses what is no method, or has a wrong setting.</summary>
    private static void Require(string option, string method)
    {
        if (MethodRegistry.Fault(method) is string fault)
            throw new BadUsageException($"{option}: found '{method}'. {fault}");
    }

    /// <summary>Refuses a method that an option does not name.</summary>
    private static void Require(string option, string? method, string family)
    {
        if (method is null || (MethodRegistry.Find(method)?.Option == family && MethodRegistry.Fault(method) is null))
            return;
        IReadOnlyList<MethodDescription> methods = MethodRegistry.NamedBy(family);
        string usage = string.Join(", ", methods.SelectMany(known => known.Aliases.Prepend(known.Usage)));
        throw new BadUsageException($"{option}: found '{method}', expected {(methods.Count == 1 ? "" : "one of ")}{usage}.");
    }
}
