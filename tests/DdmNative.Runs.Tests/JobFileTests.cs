using System.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

public sealed class JobFileTests : IDisposable
{
    private const string Good = """
        {
          // what a user might write
          "seed": 3,
          "data": { "source": "generated:classes=3", "train_per_class": 10 },
          "network": { "architecture": "convnet", "width": 8, "depth": 2 },
          "training": { "learning_rate": 0.05, "epochs": 2 },
          "attribution": { "methods": ["repair", "block:2"], "objectives": ["loss", "loss:class", "accuracy:class=1"] },
          "validation": { "groups": null, "seeds": 2, "calibrate": 4 },
        }
        """;

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_job_says_what_it_says_and_leaves_the_rest_to_the_recipe()
    {
        Job job = Read(Good);

        Assert.Equal(3UL, job.Seed);
        Assert.Equal(10, job.Data.TrainPerClass);
        Assert.Equal(0.05f, job.Training.LearningRate);
        Assert.Equal(0.9f, job.Training.Momentum);
        Assert.Equal(["repair", "block:2"], job.Attribution.Methods);
        Assert.Null(job.Validation.Groups);
    }

    [Theory]
    [InlineData("\"seed\": 3", "\"sede\": 3", "$.sede, line 3")]
    [InlineData("\"seed\": 3", "\"seed\": -3", "$.seed, line 3")]
    [InlineData("\"seed\": 3", "\"seed\": \"3\"", "$.seed, line 3")]
    [InlineData("\"seed\": 3", "\"seed\": 3, \"seed\": 4", "$.seed, line 3")]
    [InlineData("\"source\"", "\"sauce\"", "$.data.sauce, line 4")]
    [InlineData("\"source\": \"generated:classes=3\", ", "", "$.data, line 4")]
    [InlineData("\"generated:classes=3\"", "\" \"", "$.data.source, line 4")]
    [InlineData("\"generated:classes=3\"", "null", "$.data.source, line 4")]
    [InlineData("\"train_per_class\": 10", "\"train_per_class\": 0", "$.data.train_per_class, line 4")]
    [InlineData("\"convnet\"", "\"transformer\"", "$.network.architecture, line 5")]
    [InlineData("\"width\": 8", "\"width\": 8.5", "$.network.width, line 5")]
    [InlineData("\"width\": 8", "\"width\": 99999", "$.network.width, line 5")]
    [InlineData("\"learning_rate\": 0.05", "\"learning_rate\": 0", "$.training.learning_rate, line 6")]
    [InlineData("\"learning_rate\": 0.05", "\"momentum\": 1", "$.training.momentum, line 6")]
    [InlineData("\"epochs\": 2", "\"epochs\": true", "$.training.epochs, line 6")]
    [InlineData("\"epochs\": 2", "\"weight_decay\": -0.1", "$.training.weight_decay, line 6")]
    [InlineData("\"epochs\": 2", "\"nesterov\": 1", "$.training.nesterov, line 6")]
    [InlineData("\"epochs\": 2", "\"nesterov\": true, \"momentum\": 0", "$.training.nesterov, line 6")]
    [InlineData("\"epochs\": 2", "\"schedule\": \"linear\"", "$.training.schedule, line 6")]
    [InlineData("\"epochs\": 2", "\"warmup\": 1", "$.training.warmup, line 6")]
    [InlineData("\"epochs\": 2", "\"label_smoothing\": 1", "$.training.label_smoothing, line 6")]
    [InlineData("\"epochs\": 2", "\"crop\": -1", "$.training.crop, line 6")]
    [InlineData("\"epochs\": 2", "\"flip\": \"yes\"", "$.training.flip, line 6")]
    [InlineData("\"block:2\"", "\"block:3\"", "$.attribution.methods[1], line 7")]
    [InlineData("\"block:2\"", "\"repair\"", "$.attribution.methods[1], line 7")]
    [InlineData("\"block:2\"", "\"repair:0\"", "$.attribution.methods[1], line 7")]
    [InlineData("\"block:2\"", "\"head:2\"", "$.attribution.methods[1], line 7")]
    [InlineData("\"block:2\"", "\"undo\"", "$.attribution.methods[1], line 7")]
    [InlineData("\"accuracy:class=1\"", "\"accuracy:klass=1\"", "$.attribution.objectives[2], line 7")]
    [InlineData("[\"repair\", \"block:2\"]", "[]", "$.attribution.methods, line 7")]
    [InlineData("\"groups\": null", "\"groups\": 3", "$.validation.calibrate, line 8")]
    [InlineData("\"seeds\": 2", "\"seeds\": 0", "$.validation.seeds, line 8")]
    public void A_wrong_field_is_named_with_its_line(string right, string wrong, string field)
    {
        Assert.Contains(right, Good, StringComparison.Ordinal);

        var error = Assert.Throws<BadInputException>(() => Read(Good.Replace(right, wrong, StringComparison.Ordinal)));

        Assert.Equal(_path, error.File);
        Assert.Equal(field, $"{error.Field}, line {error.Line}");
        Assert.Contains(field, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("DdmNative", error.Message, StringComparison.Ordinal);
    }

    /// <summary>In the words of JSON, not of the program that reads it.</summary>
    [Theory]
    [InlineData("\"epochs\": 2", "\"epochz\": 2",
        "found an unknown field, expected one of learning_rate, momentum, batch_size, epochs, weight_decay, nesterov, schedule, "
            + "warmup, label_smoothing, crop, flip; did you mean epochs?")]
    [InlineData("\"epochs\": 2", "\"batchSize\": 2", "did you mean batch_size?")]
    [InlineData("\"epochs\": 2", "\"epochs\": 2.0", "found 2.0, expected a whole number up to 2147483647, without a point")]
    [InlineData("\"epochs\": 2", "\"epochs\": \"2\"", "found \"2\", expected a whole number")]
    [InlineData("\"epochs\": 2", "\"epochs\": [2]", "found a list, expected a whole number")]
    [InlineData("\"epochs\": 2", "\"epochs\": null", "found null, expected a whole number")]
    [InlineData("\"epochs\": 2", "\"schedule\": \"linear\"", "found 'linear', expected one of cosine, one-cycle")]
    [InlineData("\"epochs\": 2", "\"nesterov\": true, \"momentum\": 0",
        "found true with training.momentum 0, expected false, or a momentum above 0")]
    [InlineData("\"epochs\": 2", "\"flip\": 1", "found 1, expected true or false")]
    [InlineData("\"learning_rate\": 0.05", "\"learning_rate\": \"0,05\"", "found \"0,05\", expected a number")]
    [InlineData("\"seed\": 3", "\"seed\": -1", "found -1, expected a whole number from 0 to 18446744073709551615")]
    [InlineData("\"seed\": 3", "\"seed\": 3, \"seed\": 4", "found a repeated field, expected every field once")]
    [InlineData("\"source\": \"generated:classes=3\", ", "", "found no field source, expected source, which is required")]
    [InlineData("[\"repair\", \"block:2\"]", "\"repair\"", "found \"repair\", expected a list [ … ] of strings")]
    [InlineData("[\"repair\", \"block:2\"]", "[\"repair\", 2]", "found 2, expected a string")]
    [InlineData("\"data\": {", "\"data\": 7, \"training\": {", "found 7, expected an object { … }")]
    [InlineData("\"convnet\"", "\"\\ud800\"", "found \"\\ud800\", expected a string of complete characters")]
    public void What_is_wrong_is_said_in_the_words_of_the_file(string right, string wrong, string says)
    {
        string message = Assert.Throws<BadInputException>(() => Read(Good.Replace(right, wrong, StringComparison.Ordinal))).Message;

        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.All((string[])[".NET", "Int32", "Parameter", "token", "member"], word
            => Assert.DoesNotContain(word, message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_job_may_name_its_schema_for_editors_and_is_the_same_job()
    {
        Assert.Equal(Read(Good),
            Read(Good.Replace("\"seed\": 3", "\"$schema\": \"https://example.org/job.schema.json\", \"seed\": 3",
            StringComparison.Ordinal)));

        var error = Assert.Throws<BadInputException>(
            () => Read(Good.Replace("\"seed\": 3", "\"$schema\": 7, \"seed\": 3", StringComparison.Ordinal)));
        Assert.Equal((3, "$.$schema"), (error.Line, error.Field));
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Good.TrimEnd());
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(_path, bytes[..length]);
            Assert.Throws<BadInputException>(() => JobFile.Read(_path));
        }
    }

    [Fact]
    public void A_mutated_job_is_read_or_refused_but_never_faults()
    {
        byte[] good = Encoding.UTF8.GetBytes(Good);
        for (int seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = [.. good];
            for (int i = random.Next(1, 4); i > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(_path, bytes);
            Exception? error = Record.Exception(() => JobFile.Read(_path));
            Assert.True(error is null or BadInputException, $"seed {seed}: {error}");
        }
    }

    [Fact]
    public void The_demos_job_is_good()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "DdmNative.sln")))
            folder = Path.GetDirectoryName(folder)!;

        Job job = JobFile.Read(Path.Combine(folder, "examples", "demo.json"));

        Assert.Equal(400, job.Data.TrainPerClass);
    }

    private Job Read(string json)
    {
        File.WriteAllText(_path, json);
        return JobFile.Read(_path);
    }
}
