using System.Reflection;
using CommandLine;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Manual;
using DdmNative.Cli.Verbs;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>A command line is read strictly: no word is passed over, no number guessed, no value taken from the next option.</summary>
public sealed class CommandLineReaderTests
{
    [Fact]
    public void Values_follow_their_option_or_an_equals_sign()
    {
        var verb = (TrainVerb)Read("train", "--run", "r", "--data=generated:classes=3,size=8", "--learning-rate", "1e-2", "--momentum=0.5",
            "--epochs", "3", "--seed", "18446744073709551615", "--mean=0.1,-.2", "--quiet");

        Assert.Equal(("r", "generated:classes=3,size=8", 0.01f, 0.5f, 3, ulong.MaxValue, true),
            (verb.Run, verb.Data, verb.LearningRate, verb.Momentum, verb.Epochs, verb.Seed, verb.Quiet));
        Assert.Equal([0.1, -0.2], verb.Mean);
        Assert.Equal(["data", "epochs", "learning-rate", "mean", "momentum", "quiet", "run", "seed"], verb.Given.Order());
        Assert.Null(verb.Width);
    }

    [Fact]
    public void Lists_go_on_until_the_next_option_and_may_be_given_again()
    {
        var unlearn = (UnlearnVerb)Read("unlearn", "--run", "r", "--forget", "class=3", "group=7,12", "--method", "all", "--forget",
            "class=5");
        Assert.Equal(["class=3", "group=7,12", "class=5"], unlearn.Forget);

        var merge = (MergeVerb)Read("merge", "a", "--run", "r", "b", "--", "--c");
        Assert.Equal(["a", "b", "--c"], merge.Shards);
    }

    [Theory]
    [InlineData("--learning-rate: found '0,05', expected a number with a decimal point, such as 0.05.", "--learning-rate", "0,05")]
    [InlineData("--learning-rate: found '1,000', expected a number", "--learning-rate", "1,000")]
    [InlineData("--learning-rate: found 'NaN', expected a number.", "--learning-rate", "NaN")]
    [InlineData("--learning-rate: found '1e39', expected a number.", "--learning-rate", "1e39")]
    [InlineData("--learning-rate: found ' 1', expected a number.", "--learning-rate", " 1")]
    [InlineData("--epochs: found '1,000', expected a whole number.", "--epochs", "1,000")]
    [InlineData("--epochs: found '3.0', expected a whole number.", "--epochs", "3.0")]
    [InlineData("--epochs: found '٣', expected a whole number.", "--epochs", "٣")]
    [InlineData("--epochs: found '4294967296', expected a whole number up to 2147483647.", "--epochs", "4294967296")]
    [InlineData("--seed: found '-1', expected a whole number from 0", "--seed", "-1")]
    [InlineData("--mean: found 'x', expected a number.", "--mean", "1,x")]
    [InlineData("--mean: found an empty string, expected a number.", "--mean", "1,,2")]
    [InlineData("--data: found an empty string, expected a string that is not empty.", "--data", "")]
    [InlineData("--target: found an empty string", "--target=")]
    [InlineData("--trajectory: found an empty string", "--trajectory", " ")]
    [InlineData("--data needs a value: --data SPEC; found the option '--width'.", "--data", "--width", "8")]
    [InlineData("--data needs a value: --data SPEC.", "--data")]
    [InlineData("--epochs is given twice; give it once.", "--epochs", "3", "--epochs", "3")]
    [InlineData("--quiet takes no value: found 'no'", "--quiet=no")]
    [InlineData("found 'stray', which does not belong to an option; train takes only options.", "stray")]
    [InlineData("found '-1', which does not belong to an option", "-1")]
    [InlineData("there is no option '-e'.", "-e", "3")]
    [InlineData("there is no option '--epoch'. Did you mean --epochs?", "--epoch=3")]
    public void What_is_wrong_is_told_by_the_options_own_name(string says, params string[] arguments)
    {
        (VerbOptions? verb, IReadOnlyList<string> faults) = CommandLineReader.Read(["train", "--run", "r", .. arguments]);

        Assert.Null(verb);
        Assert.Contains(says, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--run DIR is required.", "report")]
    [InlineData("RUN… is required", "compare")]
    [InlineData("RUN: found an empty string", "compare", "")]
    [InlineData("job.json: found an empty string", "run", "", "--run", "r")]
    [InlineData("--run: found an empty string", "experiment", "clusters", "--run", "")]
    [InlineData("--csv: found an empty string", "export", "--run", "r", "--csv", "")]
    [InlineData("found 'more', which does not belong to an option; data takes ACTION NAME and options.", "data", "verify", "folder",
        "more")]
    public void Operands_and_what_is_needed_are_named(string says, params string[] arguments)
        => Assert.Contains(says, Assert.Single(CommandLineReader.Read(arguments).Faults), StringComparison.Ordinal);

    /// <summary>No option that takes a text takes an empty one, whatever its verb.</summary>
    [Fact]
    public void No_option_and_no_operand_takes_an_empty_text()
        => Assert.All(
            VerbDescription.All.SelectMany(verb => verb.Options.Where(option => !option.IsSwitch)
                .Select(option => (verb.Name, option.Name))),
            pair => Assert.Contains(CommandLineReader.Read([pair.Item1, $"--{pair.Item2}="]).Faults, fault
                => fault.StartsWith($"--{pair.Item2}: found an empty string", StringComparison.Ordinal)));

    /// <summary>So that what is wrong with a field of a job is told by the option that set it.</summary>
    [Fact]
    public void Every_option_that_sets_a_field_names_one_that_there_is()
    {
        string[] fields = [.. VerbDescription.All.SelectMany(verb => verb.Type.GetProperties())
            .Select(property => property.GetCustomAttribute<SetsAttribute>()?.Field).OfType<string>()];

        Assert.All(fields, field => Assert.NotNull(JobFields.Find(field)));
        Assert.All(VerbDescription.All.SelectMany(verb => verb.Type.GetProperties())
            .Where(property => property.GetCustomAttribute<SetsAttribute>() is not null),
            property => Assert.NotNull(property.GetCustomAttribute<OptionAttribute>()));
    }

    private static VerbOptions Read(params string[] arguments)
    {
        (VerbOptions? verb, IReadOnlyList<string> faults) = CommandLineReader.Read(arguments);
        Assert.True(verb is not null, string.Join('\n', faults));
        return verb;
    }
}
