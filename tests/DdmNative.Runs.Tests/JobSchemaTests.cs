using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Jobs;
using DdmNative.Tests;
using Json.Schema;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>docs/job.schema.json, the job records, <see cref="JobRules"/> and the table of docs/formats.md say the same.</summary>
public sealed partial class JobSchemaTests : IDisposable
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly JsonObject Document = JsonNode.Parse(JobSchema.Text)!.AsObject();
    private static readonly JsonSchema Schema = JsonSchema.FromText(JobSchema.Text);

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Every_field_of_a_job_is_in_the_schema_and_the_other_way_round()
        => Assert.Equal(JobFields.All.Select(field => field.Path).Order(),
            FieldsOf(Document, "").Select(field => field.Path).Where(path => path != JobFields.SchemaName).Order());

    [Fact]
    public void Every_default_is_the_records()
    {
        JsonObject defaults = JobFields.Defaults();
        foreach ((string path, JsonObject field) in FieldsOf(Document, "")
            .Where(field => field.Path is not ("$schema" or "data.source" or "target.file")))
        {
            JsonNode? expected = defaults;
            foreach (string name in path.Split('.'))
                expected = expected![name];
            Assert.True(field.ContainsKey("default")
                && JsonNode.DeepEquals(expected, field["default"]),
                    $"{path}: the schema says {field["default"]?.ToJsonString()}, the records {expected?.ToJsonString()}");
        }
    }

    [Fact]
    public void Every_field_and_section_is_described()
    => Assert.All(FieldsOf(Document, ""), field => Assert.True(field.Schema["description"]!.GetValue<string>().Length > 5, field.Path));

    [Fact]
    public void What_may_be_null_is_the_same()
        => Assert.All(JobFields.All,
            field => Assert.True(field.MayBeNull == AllowsNull(FieldsOf(Document, "").Single(of => of.Path == field.Path).Schema),
            field.Path));

    [Fact]
    public void The_schema_is_one_of_the_draft_that_it_names()
    {
        EvaluationResults result = MetaSchemas.Draft202012.Evaluate(JsonDocument.Parse(JobSchema.Text).RootElement,
            new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(result.IsValid, JsonSerializer.Serialize(result));
    }

    [Fact]
    public void The_examples_are_good_jobs_by_the_schema_and_by_ddm()
    {
        string[] examples = Directory.GetFiles(Path.Combine(Root(), "examples"), "*.json");
        Assert.NotEmpty(examples);
        foreach (string example in examples)
        {
            Assert.True(IsValid(File.ReadAllText(example)), example);
            Assert.NotNull(JobFile.Read(example));
        }
    }

    [Fact]
    public void Every_method_is_one_by_the_schema()
        => Assert.All(MethodRegistry.All.SelectMany(method => method.Words), word => Assert.True(
            IsValid($$"""{ "data": { "source": "x" }, "attribution": { "methods": ["{{word}}"] } }"""), word));

    [Fact]
    public void The_table_of_fields_in_the_docs_names_them_all()
    {
        var named = new List<string>();
        foreach (string line in File.ReadLines(Path.Combine(Root(), "docs", "formats.md"))
            .SkipWhile(line => !line.StartsWith("| field | default |", StringComparison.Ordinal)).Skip(2)
                .TakeWhile(line => line.StartsWith('|')))
        {
            // "`network.architecture`, `.width`, `.depth`": what begins with a point is of the section before it.
            foreach (string name in InBackticks().Matches(line.Split('|')[1]).Select(match => match.Groups[1].Value))
                named.Add(name.StartsWith('.') ? named[^1].Split('.')[0] + name : name);
        }

        Assert.Equal(JobFields.All.Select(field => field.Path).Order(), named.Order());
    }

    /// <summary>Each field in turn gets values that are good and values that are not, alone and among others of a whole job.</summary>
    [Fact]
    public void Random_jobs_are_judged_alike_by_the_schema_and_by_ddm()
    {
        int good = 0, bad = 0, jobs = TestScale.Cases(4000);
        for (int seed = 0; seed < jobs; seed++)
        {
            string json = RandomJob.Make(new Random(seed));
            BadInputException? error = Judge(json);
            // What a schema cannot say is listed in its $comment, and so are the fields that it is about.
            if (error is not null && RandomJob.IsBetweenFields(error))
                continue;
            bool valid = IsValid(json);
            Assert.True(valid == error is null,
                $"seed {seed}: {json}\nThe schema says {(valid ? "good" : "bad")}, ddm {error?.Message ?? "good"}");
            (good, bad) = valid ? (good + 1, bad) : (good, bad + 1);
        }

        Assert.True(good > jobs / 8 && bad > jobs / 8, $"{good} good and {bad} bad jobs test little");
    }

    private BadInputException? Judge(string json)
    {
        File.WriteAllText(_path, json);
        try
        {
            JobFile.Read(_path);
            return null;
        }
        catch (BadInputException e)
        {
            return e;
        }
    }

    private static bool IsValid(string json) => Schema.Evaluate(JsonDocument.Parse(json, Lenient).RootElement).IsValid;

    private static bool AllowsNull(JsonObject schema)
        => schema["type"] is JsonArray types && types.Any(type => type!.GetValue<string>() == "null");

    /// <summary>Those that hold a value; of sections their fields.</summary>
    private static IEnumerable<(string Path, JsonObject Schema)> FieldsOf(JsonObject section, string prefix)
    {
        foreach ((string name, JsonNode? node) in section["properties"]!.AsObject())
        {
            JsonObject schema = node!.AsObject();
            if (schema.ContainsKey("properties"))
            {
                Assert.False(schema["additionalProperties"]!.GetValue<bool>(), name);
                foreach ((string Path, JsonObject Schema) field in FieldsOf(schema, $"{prefix}{name}."))
                    yield return field;
            }
            else
            {
                yield return (prefix + name, schema);
            }
        }
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "DdmNative.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex InBackticks();
}
