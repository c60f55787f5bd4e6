using System.Text.Json.Nodes;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

public sealed class JobOverridesTests
{
    private static readonly Job Plain = new() { Data = new JobData { Source = "generated" } };

    /// <summary>Every field, whatever its type, takes its own default as text, and another job then has just that.</summary>
    [Fact]
    public void Every_field_can_be_given_as_text()
    {
        JsonObject defaults = JobFields.Defaults();
        foreach (JobField field in JobFields.All)
        {
            JsonNode? value = defaults;
            foreach (string name in field.Path.Split('.'))
                value = value![name];
            string text = field.Path switch { "data.source" or "target.file" => "a folder", "unlearning.groups" => "4;5",
                _ => TextOf(value) };

            Job job = Apply((field.Path, text));

            JsonNode? expected = field.Path switch { "data.source" or "target.file" => "a folder",
                "unlearning.groups" => new JsonArray(4, 5), _ => value };
            Assert.True(JsonNode.DeepEquals(expected, JobFields.ValueOf(job, field.Path)),
                $"{field.Path}={text} came to {JobFields.ValueOf(job, field.Path)?.ToJsonString()}");
        }
    }

    [Fact]
    public void Lists_are_separated_by_semicolons_because_objectives_have_commas()
        => Assert.Equal(["loss", "margin:sample=3,4"], Apply(("attribution.objectives", "loss; margin:sample=3,4")).Attribution.Objectives);

    [Fact]
    public void A_field_that_may_be_null_is_null_by_the_word()
    {
        Assert.Null(Apply(("validation.groups", "null")).Validation.Groups);
        Assert.Equal("null", Apply(("data.source", "null")).Data.Source);
    }

    [Fact]
    public void A_section_that_was_not_asked_for_comes_with_its_defaults()
    {
        Job job = Apply(("evaluation.seeds", "3"));

        Assert.Equal(new JobEvaluation { Seeds = 3 }, job.Evaluation);
        Assert.Empty(Apply(("unlearning.method", "head")).Unlearning!.Groups);
    }

    [Fact]
    public void The_rest_of_the_job_stays_and_without_values_it_is_the_job_itself()
    {
        Job before = Plain with { Seed = 9, Training = new JobTraining { LearningRate = 0.07f } };

        Job after = JobOverrides.Apply(before, new Dictionary<string, string> { ["training.epochs"] = "3" }, Refuse);

        Assert.Equal(before with { Training = before.Training with { Epochs = 3 } }, after);
        Assert.Same(before, JobOverrides.Apply(before, new Dictionary<string, string>(), Refuse));
    }

    [Theory]
    [InlineData("training.epochs", "many", "a whole number")]
    [InlineData("training.epochs", "3.5", "a whole number")]
    [InlineData("training.epochs", "null", "a whole number")]
    [InlineData("seed", "-1", "a whole number from 0")]
    [InlineData("training.momentum", "1e99", "a number")]
    [InlineData("evaluation.label_noise", "NaN", "a number")]
    [InlineData("validation.baselines", "yes", "true or false")]
    [InlineData("validation.groups", "all", "a whole number, or null")]
    [InlineData("evaluation.percent", "5;ten", "a number")]
    [InlineData("unlearning.groups", "1,2", "a whole number")]
    public void What_is_of_another_type_is_refused_by_the_fields_name(string path, string text, string expected)
    {
        var error = Assert.Throws<FormatException>(() => Apply((path, text)));

        Assert.StartsWith($"{path}: found '", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"expected {expected}", error.Message, StringComparison.Ordinal);
    }

    private static Job Apply((string Path, string Text) value)
        => JobOverrides.Apply(Plain, new Dictionary<string, string> { [value.Path] = value.Text }, Refuse);

    private static FormatException Refuse(string field, string found, string expected)
        => new($"{field}: found {found}, expected {expected}");

    private static string TextOf(JsonNode? value)
        => value is JsonArray list ? string.Join(';', list.Select(TextOf)) : value?.ToString() ?? "null";
}
