using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Evaluation;
using DdmNative.Runs.Experiments;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Manual;
using DdmNative.Cli.Output;
using DdmNative.Cli.Verbs;
using DdmNative.Compute.Cuda;

namespace DdmNative.Cli.Completion;

/// <summary>The values of options and operands that are known in advance, from the registries that the verbs use.</summary>
internal static class KnownValues
{
    private static readonly IReadOnlyList<string> Methods = MethodRegistry.Words;

    /// <summary>By option name; by verb and option (or operand) if the meaning of the name depends on the verb.</summary>
    private static readonly Dictionary<string, IReadOnlyList<string>> Words = new()
    {
        ["--architecture"] = JobChoices.Architectures,
        ["--norm"] = JobChoices.Norms,
        ["--activation"] = [JobNetwork.Relu, JobNetwork.Gelu],
        ["--cluster-space"] = JobChoices.ClusterSpaces,
        ["--count"] = ["all"],
        ["--device"] = ["cpu", "cuda", "cuda:0", "cuda:all", .. DeviceFamilies.BuiltIn.SelectMany(family => family.CommonNames)],
        ["--distance"] = JobChoices.Distances,
        ["--flip"] = ["true", "false"],
        ["--granularity"] = Granularity.Names,
        ["--method"] = Methods,
        ["--methods"] = Methods,
        ["--log-format"] = [LogSettings.TextFormat, LogSettings.JsonFormat],
        ["--log-level"] = LogSettings.Names,
        ["--metrics"] = EvaluationMetrics.Names,
        ["--mode"] = WordsOf(MethodDescription.ModeOption),
        ["--nesterov"] = ["true", "false"],
        ["--objectives"] = [.. Enum.GetNames<ObjectiveKind>().Select(kind => kind.ToLowerInvariant())
        .SelectMany(kind => kind == "logit" ? [kind] : new[] { kind, kind + ":class" })],
        ["--precision"] = PrecisionNames.All,
        ["--prediction-objective"] = [JobEvaluation.Margin, JobEvaluation.Loss],
        ["--samples"] = [JobAttribution.NoSamples, .. MethodRegistry.PerSample],
        ["--schedule"] = JobChoices.Schedules,
        ["--subsets-of"] = SubsetSetting.Words,
        ["--synset"] = WordsOf(MethodDescription.SynsetOption),
        ["--upto"] = [.. RunVerb.Goals.Keys],
        ["attribute --depth"] = WordsOf(MethodDescription.DepthOption),
        ["unlearn --forget"] = ["class=", "group=", "name="],
        ["unlearn --method"] = [.. MethodRegistry.All.Where(method => method.CanUnlearn).SelectMany(method => method.Words)],
        ["data ACTION"] = ["fetch", "list", "verify"],
        ["data NAME"] = [.. KnownDatasets.All.Select(set => set.Name)],
        ["completion SHELL"] = CompletionScript.Shells,
        ["experiment NAME"] = [.. ExperimentCatalog.All.Select(experiment => experiment.Name)],
        ["help VERB"] = [.. VerbDescription.All.Select(verb => verb.Name)],
    };

    /// <summary>The values of an option.</summary>
    public static ValueCompletion For(VerbDescription verb, OptionDescription option)
        => option.Name is "run" or "from" ? ValueCompletion.Runs
            : (Find($"{verb.Name} --{option.Name}") ?? Find("--" + option.Name)) is IReadOnlyList<string> words
            && !IsNumber(option.MetaValue) ? new ValueCompletion(words, option.Separator)
            : ForPath(option.MetaValue);

    /// <summary>The values of an operand.</summary>
    public static ValueCompletion For(VerbDescription verb, OperandDescription operand)
        => Find($"{verb.Name} {operand.Name}") is IReadOnlyList<string> words
            ? new ValueCompletion(words) : ForPath(operand.Name.TrimEnd('…'));

    private static string[] WordsOf(string option) => [.. MethodRegistry.NamedBy(option).SelectMany(method => method.Words)];

    private static ValueCompletion ForPath(string metaValue) => metaValue switch
    {
        "DIR" => ValueCompletion.Folders,
        "RUN" or "SHARD" => ValueCompletion.Runs,
        "FILE" or "NAMES" or "job.json" => ValueCompletion.Files,
        "URL" => ValueCompletion.Folders with { Words = ["https://", "http://", "file:///"] },
        "SPEC" => ValueCompletion.Folders with
        {
            Words = ["generated:", .. KnownDatasets.All.Select(set => set.Name)], Datasets = true,
        },
        _ => ValueCompletion.Nothing,
    };

    private static bool IsNumber(string metaValue) => metaValue is "N" or "X" or "P" or "S";

    private static IReadOnlyList<string>? Find(string key) => Words.GetValueOrDefault(key);
}
