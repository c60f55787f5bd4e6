using DdmNative.Runs.Jobs;
using DdmNative.Cli.Verbs;
using Xunit;

namespace DdmNative.Cli.Tests;

public sealed class DdmEnvironmentTests
{
    [Fact]
    public void Every_field_of_a_job_has_a_variable_and_no_two_variables_are_the_same()
    {
        string[] names = [.. JobFields.All.Select(field => DdmEnvironment.VariableForField(field.Path)),
            .. ((string[])["device", "threads", "precision", "wave", "memory", "log-level", "log-format"]).Select(
            DdmEnvironment.VariableForOption)];

        Assert.Contains("DDM_TRAINING__BATCH_SIZE", names);
        Assert.Contains("DDM_LOG_LEVEL", names);
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.All(names, name => Assert.NotNull(Of((name, "1"))));
    }

    [Theory]
    [InlineData("DDM_TRAINING__EPOCH", "DDM_TRAINING__EPOCHS")]
    [InlineData("DDM_TRAINING_EPOCHS", "DDM_TRAINING__EPOCHS")]
    [InlineData("DDM_DEVICES", "DDM_DEVICE")]
    [InlineData("DDM_CUDA_DRIVR", "DDM_CUDA_DRIVER")]
    [InlineData("DDM_LOGLEVEL", "DDM_LOG_LEVEL")]
    public void An_unknown_variable_is_refused_and_the_likely_one_named(string name, string likely)
        => Assert.StartsWith($"{name}: there is no such variable. Did you mean {likely}?",
            Assert.Throws<BadUsageException>(() => Of((name, "1"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Variables_of_others_and_empty_ones_are_passed_over()
    {
        DdmEnvironment environment = Of(("PATH", "x"), ("DDMX", "x"), ("DDM_CUDA_DRIVER", "x"), ("DDM_CUDA_EMULATOR_DEVICES", "2"),
            ("DDM_SEED", ""), ("DDM_EPOCH", ""));

        var verb = new TrainVerb();
        verb.FillFrom(environment);
        Assert.Null(verb.Threads);
        Assert.Empty(environment.InForce(new Job { Data = new JobData { Source = "generated" } }));
    }

    [Fact]
    public void An_option_that_the_command_line_gives_is_left_alone()
    {
        var verb = new AttributeVerb { Threads = 2 };

        verb.FillFrom(Of(("DDM_THREADS", "1"), ("DDM_MEMORY", "0.5"), ("DDM_LOG_FORMAT", "json")));

        Assert.Equal((2, 0.5, "json"), (verb.Threads, verb.Memory, verb.LogFormat));
    }

    [Fact]
    public void Quiet_on_the_command_line_goes_before_a_level_in_the_environment()
    {
        var verb = new TrainVerb { Quiet = true };

        verb.FillFrom(Of(("DDM_LOG_LEVEL", "debug")));

        Assert.Equal(Output.LogLevel.Error, verb.Log.Level);
    }

    [Fact]
    public void Only_what_has_had_a_say_is_in_force()
    {
        DdmEnvironment environment = Of(("DDM_TRAINING__EPOCHS", "3"), ("DDM_SEED", "7"), ("DDM_THREADS", "1"),
            ("DDM_UNLEARNING__GROUPS", "1;2"), ("DDM_UNLEARNING__METHOD", "head"));
        var verb = new TrainVerb();
        verb.FillFrom(environment);
        Job job = environment.Apply(new Job { Data = new JobData { Source = "generated" } }) with { Seed = 8 }; // the command line's

        Assert.Equal(["DDM_THREADS", "DDM_TRAINING__EPOCHS", "DDM_UNLEARNING__GROUPS", "DDM_UNLEARNING__METHOD"],
            environment.InForce(job).Keys);
        Assert.Equal("DDM_TRAINING__EPOCHS", environment.VariableOf("training.epochs", job));
        Assert.Equal("DDM_UNLEARNING__GROUPS", environment.VariableOf("unlearning.groups[1]", job));
        Assert.Null(environment.VariableOf("seed", job));
        Assert.Null(environment.VariableOf("training.momentum", job));
        Assert.Equal("DDM_THREADS: found 0", environment.Naming("--threads: found 0"));
    }

    [Theory]
    [InlineData("DDM_THREADS", "many", "DDM_THREADS: found 'many', expected a whole number.")]
    [InlineData("DDM_MEMORY", "much", "DDM_MEMORY: found 'much', expected a number.")]
    public void A_value_of_another_type_is_refused_by_the_variables_name(string name, string value, string message)
        => Assert.Equal(message, Assert.Throws<BadUsageException>(() => new AttributeVerb().FillFrom(Of((name, value)))).Message);

    private static DdmEnvironment Of(params (string Name, string Value)[] variables)
        => DdmEnvironment.From(variables.ToDictionary(variable => variable.Name, variable => variable.Value));
}
