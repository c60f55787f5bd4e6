using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Formats;
using DdmNative.Cli.Output.Answers;
using DdmNative.Runs.Summaries;
using Spectre.Console;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>Every verb prints the answer to its own question, and no other table.</summary>
[Collection(Commands.Name)]
public sealed class AnswerTests(RunFiles files)
{
    private static readonly string[] Data =
        ["--data", "generated:classes=2,per-class=20,test-per-class=8,size=8", "--width", "6", "--depth", "2", "--epochs", "2"];

    [Fact]
    public void Train_says_how_good_the_network_is_and_what_to_run_next()
    {
        string run = files.PathOf("a run's answer");

        string output = Done(["train", "--run", run, .. Data]);

        Assert.Matches(@"\ATest accuracy [0-9.]+ %, test loss [0-9.]+\.\n", output);
        Assert.Contains($"Next: ddm attribute --run '{run.Replace("'", @"'\''", StringComparison.Ordinal)}'", output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Attribute_lists_groups_and_methods_and_validate_adds_what_retraining_says()
    {
        string run = files.PathOf("answered");
        Done(["train", "--run", run, .. Data]);

        string attributed = Done("attribute", "--run", run, "--depth", "head", "--clusters", "3");
        string validated = Done("validate", "--run", run, "--count", "4"), unlearned = Done("unlearn", "--run", run, "--remove", "1");

        Assert.Contains("Most helpful", attributed, StringComparison.Ordinal);
        Assert.Contains("head (depth dial)", attributed, StringComparison.Ordinal);
        Assert.Contains($"Next: ddm validate --run {run}", attributed, StringComparison.Ordinal);
        Assert.Matches(@"\AThe predictions (agree|agree partly|do not agree) with retraining: correlation -?[0-9.]+ over 4 groups\.\n",
            validated);
        Assert.Contains("Exact retraining: 4 groups, 1 seed;", validated, StringComparison.Ordinal);
        Assert.Equal(4, RowsOf(validated, "exact, and predicted"));
        Assert.DoesNotContain("Most helpful", validated, StringComparison.Ordinal);
        Assert.Matches(@"\AForgot 1 group with [0-9]+ images?\.\n", unlearned);
        Assert.Equal(3, RowsOf(unlearned, "Before and after forgetting"));
        Assert.Contains($"Network without them: {Path.Combine(run, "unlearned.safetensors")}", unlearned, StringComparison.Ordinal);
        Assert.DoesNotContain("Most helpful", unlearned, StringComparison.Ordinal);
        Assert.DoesNotContain("Methods", unlearned, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_prints_everything_that_the_job_requested()
    {
        string output = Done("run", files.Job, "--run", files.Whole);

        Assert.All((string[])["Most helpful", "Methods, and their correlation", "with retraining: correlation",
            "Before and after forgetting", "exact, and predicted", "Report: "],
            part => Assert.Contains(part, output, StringComparison.Ordinal));
        Assert.DoesNotContain("-0 ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Methods_are_added_after_the_present_ones_and_none_is_repeated()
    {
        string run = files.PathOf("added");
        Done(["train", "--run", run, .. Data]);
        Assert.Equal(["head", "random"], Methods("--methods", "head,random,head"));

        Ddm.Result added = Ddm.Run("attribute", "--run", run, "--clusters", "2", "--methods", "grad-dot,head");

        Assert.Equal(0, added.Code);
        Assert.Contains("online:head: already done", added.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("as this run did before", added.Error, StringComparison.Ordinal);
        Assert.Equal(["head", "random", "grad-dot"],
            Npz.Read(Path.Combine(run, "attribution.npz")).Elements<string>("methods"));
        Assert.Equal(["grad-dot"], Methods("--method", "grad-dot"));

        string[] Methods(params string[] options)
        {
            Done(["attribute", "--run", run, "--clusters", "2", .. options]);
            return Npz.Read(Path.Combine(run, "attribution.npz")).Elements<string>("methods");
        }
    }

    [Fact]
    public void The_answer_noise_and_own_groups_are_shown_when_the_summary_has_them()
    {
        GroupEffect Group(int number, double effect, double? noise, bool within)
            => new(number, null, 2, 0, 10, effect, null) { ClassName = "Shirt", Noise = noise, WithinNoise = within };
        var summary = new RunSummary
        {
            Run = "r", Objective = "loss:class=2", TestAccuracy = 0.5, TestLoss = 1,
            Answer = ["Without group 1 [Shirt] the loss would rise.", "No group harms."], Lead = "head", LeadReason = "It agrees best.",
            OwnGroups = [new OwnGroupEffect("annotator-5", 30, 3, 0.0214, 0.001, WithinNoise: false, "removal")],
            MostHelpful = [Group(1, -0.0123, 0.00456, within: false)], MostHarmful = [Group(2, 0.0001, 0.002, within: true)],
            Methods = [new MethodSummary("push", 1, 1, null, null, new Dictionary<string, double>()),
                new MethodSummary("head", 1, 1, null, null, new Dictionary<string, double>())],
        };

        string text = Text(console => AttributedAnswer.WriteEffects(console, summary));

        Assert.StartsWith("Without group 1 [Shirt] the loss would rise.\nNo group harms.\n", text, StringComparison.Ordinal);
        Assert.Contains("'loss:class=2 (Shirt)' by head (depth dial): with the group minus without it. It agrees best.", text,
            StringComparison.Ordinal);
        Assert.Matches("annotator-5 +30 +3 +\\+0\\.0214 +± 0\\.0010 +removal", text);
        Assert.Matches("1 +Shirt +0 +10 +-0\\.0123 +± 0\\.0046 *\n", text);
        Assert.Matches("2 +Shirt +0 +10 +\\+0\\.000100 +± 0\\.0020 +within noise", text);
    }

    [Fact]
    public void The_sentence_says_what_the_correlation_does()
    {
        RetrainedGroups Retrained(params (double Exact, double Predicted)[] groups) => new("loss", ["head"],
            [.. groups.Select((group, i) => new RetrainedGroup(i, null, 0, null, 5, group.Exact, null, [group.Predicted]))]);

        Assert.Equal("The predictions agree with retraining: correlation 1.00 over 3 groups.",
            ValidatedAnswer.SentenceOf(Retrained((1, 2), (2, 4), (3, 6)), 0));
        Assert.Equal("The predictions do not agree with retraining: correlation -1.00 over 3 groups.",
            ValidatedAnswer.SentenceOf(Retrained((1, -2), (2, -4), (3, -6)), 0));
        Assert.StartsWith("The predictions agree partly with retraining: correlation 0.50",
            ValidatedAnswer.SentenceOf(Retrained((1, 2), (2, 1), (3, 3)), 0), StringComparison.Ordinal);
        Assert.Contains("too few", ValidatedAnswer.SentenceOf(Retrained((1, 2), (2, 1)), 0), StringComparison.Ordinal);
        Assert.Contains("all equal", ValidatedAnswer.SentenceOf(Retrained((1, 2), (2, 2), (3, 2)), 0), StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_method_of_an_evaluation_is_named_for_each_task()
    {
        EvaluatedMethod Method(string name, double lds, double harmful, double? seconds) => new(name,
            new Dictionary<string, double> { ["lds_total"] = lds, ["harmful_removed"] = harmful }, seconds, seconds, null);
        var evaluation = new EvaluationSummary
        {
            Metrics = ["lds", "removal"],
            Methods = [Method("head", 0.8, 0.01, 1), Method("trak", 0.5, -0.02, 1), Method("ceiling", 0.95, -1, null)],
        };

        Assert.Equal("Best at random halves (LDS): head (0.800); at finding what harms: trak (-0.0200).",
            EvaluatedAnswer.BestOf(evaluation));
        LdsScore Score(string method, double sample) => new(method, "samples", 0.9, sample, null, null, null, null);
        EvaluationSummary samples = evaluation with { Lds = [Score("head", 0.2), Score("trak", 0.4), Score("ceiling", 0.9)] };
        Assert.EndsWith("; at random subsets (samples, keep 0.9): trak (0.400).", EvaluatedAnswer.BestOf(samples),
            StringComparison.Ordinal);
        Assert.StartsWith("One method", EvaluatedAnswer.BestOf(evaluation with { Methods = [evaluation.Methods[0]] }),
            StringComparison.Ordinal);
    }

    /// <summary>The number of lines of a table with a title.</summary>
    private static int RowsOf(string output, string title)
        => output[output.IndexOf(title, StringComparison.Ordinal)..].Split('\n').SkipWhile(line => !line.StartsWith('─')).Skip(1)
            .TakeWhile(line => line.Trim().Length > 0).Count();

    private static string Text(Action<IAnsiConsole> write)
    {
        var output = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 140;
        write(console);
        return output.ToString();
    }

    private static string Done(params string[] arguments)
    {
        Ddm.Result result = Ddm.Run([.. arguments, "--threads", "1"]);
        Assert.True(result.Code == 0, result.Error);
        return result.Output;
    }
}
