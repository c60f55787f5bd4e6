using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Completion;
using DdmNative.Cli.Manual;
using Xunit;

namespace DdmNative.Cli.Tests.Completion;

/// <summary>What the shells themselves offer at a press of TAB, with the scripts that <c>ddm completion</c> prints.</summary>
public sealed class CompletionTests : IDisposable
{
    /// <summary>Lines and what completes their last word: what stands behind the last separator or slash in it.</summary>
    private static readonly (string Line, string[] Offers)[] Cases =
    [
        ("ddm tr", ["train"]),
        ("ddm train --ep", ["--epochs"]),
        ("ddm train --json --ep", ["--epochs"]),
        ("ddm train --epochs ", []),
        ("ddm train --run ", ["runs"]),
        ("ddm train --run im", ["images"]),
        ("ddm train --run r", ["runs"]),
        ("ddm train --run runs/m", ["mine"]),
        ("ddm report --run runs/", ["group", "mine"]),
        ("ddm attribute --run runs/other --from runs/m", ["mine"]),
        ("ddm train --data ", ["generated", "images", "runs", "own-digits", .. KnownDatasets.All.Select(set => set.Name)]),
        ("ddm train --data fash", ["fashion-mnist"]),
        ("ddm train --data own", ["own-digits"]),
        ("ddm train --data=im", ["images"]),
        ("ddm train --device=cuda:", ["0", "all"]),
        ("ddm train --precision tf", ["tf32", "tf32x3"]),
        ("ddm attribute --method block:", ["1"]),
        ("ddm attribute --method tra", ["trak", "tracin"]),
        ("ddm attribute --methods head,infl", ["influence"]),
        ("ddm attribute --mode for", ["forget"]),
        ("ddm attribute --depth he", ["head"]),
        ("ddm attribute --granularity ", ["class", "group", "sample"]),
        ("ddm attribute --objectives 'loss;acc", ["accuracy", "class"]),
        ("ddm evaluate --metrics l", ["leave-one-out", "lds"]),
        ("ddm evaluate --metrics lds,re", ["removal"]),
        ("ddm evaluate --subsets-of groups,s", ["samples"]),
        ("ddm evaluate --prediction-objective ", ["loss", "margin"]),
        ("ddm experiment re", ["reverse-vs-forward"]),
        ("ddm run j", ["job.json"]),
        ("ddm compare runs/mine r", ["runs"]),
        ("ddm compare runs/mine runs/g", ["group"]),
        ("ddm merge --run runs/mine runs/group/", ["shard-1"]),
        ("ddm completion ", ["bash", "fish", "zsh"]),
        ("ddm help va", ["validate"]),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("ddm-completion-").FullName,
        _cache = Directory.CreateTempSubdirectory("ddm-cache-").FullName;

    public CompletionTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "runs", "mine"));
        Directory.CreateDirectory(Path.Combine(_folder, "runs", "empty"));
        Directory.CreateDirectory(Path.Combine(_folder, "runs", "group", "shard-1"));
        foreach (string run in (string[])["mine", "group/shard-1"])
            File.WriteAllText(Path.Combine(_folder, "runs", run, "run.json"), "{}");
        Directory.CreateDirectory(Path.Combine(_folder, "images"));
        Directory.CreateDirectory(Path.Combine(_cache, "ddm", "data", "own-digits"));
        Directory.CreateDirectory(Path.Combine(_cache, "ddm", "data", "half-downloaded"));
        File.WriteAllText(Path.Combine(_cache, "ddm", "data", "own-digits", ChecksumManifest.FileName), "");
        File.WriteAllText(Path.Combine(_folder, "job.json"), "{}");
        foreach (string shell in CompletionScript.Shells)
            File.WriteAllText(Path.Combine(_folder, ".ddm." + shell), CompletionScript.For(shell));
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_cache, recursive: true);
    }

    [SkippableTheory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void Values_are_completed_where_they_are_known(string shell)
    {
        IReadOnlyList<string[]> offered = Ask(shell, [.. Cases.Select(one => one.Line)]);

        Assert.All(Cases.Zip(offered),
            one => Assert.Equal((one.First.Line, string.Join(' ', one.First.Offers.Order())),
            (one.First.Line, string.Join(' ', one.Second.Select(LastPart).Distinct().Order()))));
    }

    [SkippableTheory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void Every_option_of_every_verb_is_offered_and_nothing_else(string shell)
    {
        IReadOnlyList<string[]> offered = Ask(shell, [.. VerbDescription.All.Select(verb => $"ddm {verb.Name} --")]);

        Assert.All(VerbDescription.All.Zip(offered),
            one => Assert.Equal(one.First.Options.Select(option => "--" + option.Name).Append("--help").Order(),
            one.Second.Distinct().Order()));
    }

    [Fact]
    public void A_shell_that_is_not_known_is_2_and_says_which_are()
    {
        Ddm.Result result = Ddm.Run("completion", "csh");

        Assert.Equal((ExitCode.BadUsage, ""), (result.Code, result.Output));
        Assert.Contains("expected one of bash, zsh, fish", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_value_that_is_neither_number_nor_free_text_is_known()
    {
        string[] numbers = ["N", "X", "P", "S", "MIB", "P,P…", "X,X…", "G,G…", "N,N…", "I/N"];
        foreach (VerbDescription verb in VerbDescription.All)
        {
            Assert.All(verb.Options.Where(option => !option.IsSwitch && !numbers.Contains(option.MetaValue)),
                option => Assert.True(KnownValues.For(verb, option).IsKnown,
                $"{verb.Name} {option.Usage}: enter its values in src/DdmNative.Cli/Completion/KnownValues.cs"));
            Assert.All(verb.Operands,
                operand => Assert.True(KnownValues.For(verb, operand).IsKnown,
                $"{verb.Name} {operand.Name}: enter its values in src/DdmNative.Cli/Completion/KnownValues.cs"));
        }
    }

    [Fact]
    public void Every_word_that_is_offered_is_accepted()
    {
        var job = new Job { Data = new JobData { Source = "generated" } };
        Func<string, string, string, Exception> refused = (field, found, expected) =>
            new Xunit.Sdk.XunitException($"{field}: found {found}, expected {expected}");
        Assert.All(Words("attribute", "method"),
            method => JobRules.Check(job with { Attribution = new JobAttribution { Methods = [method], Objectives = ["loss"] } }, refused));
        Assert.All(Words("evaluate", "methods"), method => Assert.Null(MethodRegistry.Fault(method)));
        Assert.All(Words("attribute", "mode"), mode => Assert.Equal(MethodDescription.ModeOption, MethodRegistry.Describe(mode).Option));
        Assert.All(Words("attribute", "objectives"),
            objective => JobRules.Check(
            job with { Attribution = new JobAttribution { Objectives = [objective == "logit" ? "logit:sample=1" : objective] } }, refused));
        Assert.All(Words("unlearn", "method"),
            method => JobRules.Check(job with { Unlearning = new JobUnlearning { Groups = [0], Method = method } }, refused));
        Assert.All(Words("evaluate", "metrics"),
            metric => JobRules.Check(job with { Evaluation = new JobEvaluation { Metrics = [metric] } }, refused));
        Assert.All(Words("train", "architecture"),
            name => JobRules.Check(job with { Network = new JobNetwork { Architecture = name } }, refused));
        Assert.All(Words("distill", "distance"),
            name => JobRules.Check(job with { Matching = new JobMatching { Distance = name } }, refused));
        Assert.All(Words("attribute", "cluster-space"),
            name => JobRules.Check(job with { Groups = new JobGroups { Space = name } }, refused));
    }

    private static IReadOnlyList<string> Words(string verb, string option)
    {
        VerbDescription description = VerbDescription.Find(verb)!;
        IReadOnlyList<string> words = KnownValues.For(description, description.Options.Single(one => one.Name == option)).Words;
        Assert.NotEmpty(words);
        return words;
    }

    /// <summary>Shells differ in how much of the word they repeat.</summary>
    private static string LastPart(string offered) => offered.TrimEnd('/', ':').Split(':', '=', ',', ';', '/')[^1];

    /// <summary>What the shell offers at the end of each line.</summary>
    private IReadOnlyList<string[]> Ask(string shell, string[] lines)
    {
        string? program = Shell.Find(shell);
        Skip.If(program is null, $"{shell} is not installed");
        string asked = Path.Combine(_folder, ".lines");
        File.WriteAllLines(asked, lines);
        string driver = Path.Combine(AppContext.BaseDirectory, "Completion", "ask." + shell);
        var environment = new Dictionary<string, string> { ["HOME"] = _folder, ["ZDOTDIR"] = _folder,
            ["DDM_SCRIPT"] = Path.Combine(_folder, ".ddm." + shell), ["DDM_LINES"] = asked, ["DDM_HITS"] = Path.Combine(_folder, ".hits"),
            ["TERM"] = "xterm", ["DDM_DATA"] = "", ["XDG_CACHE_HOME"] = _cache };
        if (shell == "zsh")
            File.Copy(driver, Path.Combine(_folder, ".zshrc"), overwrite: true);
        string[] arguments = shell == "zsh"
            ? ["-f", "-c", "zmodload zsh/zpty; zpty z zsh -i; while zpty -r z > /dev/null; do :; done; cat $DDM_HITS"] : [driver];

        Ddm.Result result = Shell.Run(_folder, environment, program, arguments);

        Assert.True(result.Code == 0, result.Error);
        string[] blocks = result.Output.Split("== ", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(blocks.Length == lines.Length, result.Output + result.Error);
        return [.. blocks.Select(
            block => block.Split('\n').Skip(1).Select(line => line.Split('\t')[0].Trim()).Where(line => line.Length > 0).ToArray())];
    }
}
