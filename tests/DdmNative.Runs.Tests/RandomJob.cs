using System.Text.Json.Nodes;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Tests;

/// <summary>Jobs of which some fields are there, mostly with values that are good, now and then with one that is not.</summary>
internal static class RandomJob
{
    private static readonly string[] Whole = ["1", "2", "16", "3", "0", "-1", "1.5", "\"3\"", "null", "true", "99999999", "10000001"];
    private static readonly string[] Seeds = ["1", "0", "18446744073709551615", "-1", "18446744073709551616", "\"1\"", "null"];
    private static readonly string[] Reals = ["0.5", "0.02", "0", "1", "-0.1", "1e-3", "100", "100.5", "\"0.5\"", "null", "[]"];

    /// <summary>By section and field: values as JSON, good and bad ones; each choice is as likely as any other.</summary>
    private static readonly (string Section, (string Field, string[] Values)[] Fields)[] Choices =
    [
        ("", [("seed", Seeds), ("$schema", ["\"job.schema.json\"", "7", "null"]), ("sede", ["1"])]),
        ("data", [("source", ["\"generated\"", "\"generated\"", "\"a folder\"", "\" \"", "\"\"", "null", "3"]), ("train_per_class", Whole),
        ("test_per_class", Whole), ("seed", Seeds), ("label_noise", Reals),
        ("class_names", ["[\"cat\", \"dog\"]", "null", "[\"cat\"]", "[]", "[\" \"]", "[\"cat\", \"cat\"]", "[null]", "[1]", "\"cat\""])]),
        ("network", [("architecture", ["\"convnet\"", "\"mlp\"", "\"lenet\"", "\"resnet18-imagenet\"", "\"logistic\"",
        "\"resnet\"", "null", "3"]), ("width", [.. Whole, "4096", "4097"]), ("depth", [.. Whole, "17"]), ("wdith", ["1"]),
        ("hidden", ["[64]", "[65536, 1]", "[0]", "[65537]", "[]", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[1.5]", "null", "8"]),
        ("dropout", Reals), ("activation", ["\"relu\"", "\"gelu\"", "\"tanh\"", "null", "1"]),
        ("norm", ["\"instance\"", "\"batch\"", "\"group\"", "\"layer\"", "null", "2"])]),
        ("training", [("learning_rate", Reals), ("momentum", Reals), ("batch_size", [.. Whole, "1000001"]),
        ("epochs", [.. Whole, "100001"]), ("weight_decay", Reals), ("nesterov", ["true", "false", "1", "\"true\"", "null"]),
        ("schedule", ["\"cosine\"", "\"one-cycle\"", "\"onecycle\"", "null", "1"]), ("warmup", Reals), ("label_smoothing", Reals),
        ("crop", [.. Whole, "1000", "1001"]), ("flip", ["true", "false", "0", "\"true\"", "null"])]),
        ("groups", [("file", ["null", "\"groups.csv\"", "\"\"", "1"]), ("per_class", [.. Whole, "100001"]),
        ("space", ["\"features\"", "\"pixels\"", "\"Pixels\"", "null"])]),
        ("matching", [("images_per_group", [.. Whole, "1001"]), ("steps", [.. Whole, "1000001"]), ("learning_rate", Reals),
        ("distance", ["\"relative\"", "\"row-cosine\"", "\"relative-per-layer\"", "\"l2\""]),
            ("start", ["\"real\"", "\"mean\"", "\"noise\"", "\"image\"", "null"])]),
        ("attribution", [
            ("methods", ["[\"repair\"]", "[\"repair:4\", \"head\"]", "[\"block:1\", \"all\", \"feature\"]",
            "[\"trak:models=1\", \"random\"]", "[\"ddm\", \"ddm:mode=repair\"]", "[]", "[\"repair\", \"repair\"]", "[\"repair:0\"]",
                "[\"repair:1001\"]", "[\"undo\"]", "[\"head:2\"]", "[\"block:0\"]", "[\"block:x\"]", "[\"trak:\"]", "[3]", "\"repair\"",
                "null", "[null]"]),
            ("objectives", ["[\"loss\"]", "[\"loss:class\", \"margin:sample=3,4\"]", "[\"logit:class=2\"]", "[\" loss\"]", "[]",
            "[\"loss\", \"loss\"]", "[\"los\"]", "[\"loss:klass=1\"]", "[\"loss:class=1,2\"]", "[\"loss:sample=\"]", "[\"loss:class=-1\"]",
            "null"]),
            ("granularity", ["\"group\"", "\"group\"", "\"class\"", "\"sample\"", "\"pixel\"", "null"]),
            ("samples", ["\"tracin\"", "\"none\"", "\"trak:models=1\"", "\"retrain\"", "\"repair\"", "\"tracin:\"", "\"\"", "null", "3",
            "[\"tracin\"]"])]),
        ("validation", [("groups", [.. Whole, "1000001"]), ("seeds", [.. Whole, "1001"]),
        ("baselines", ["true", "false", "1", "\"true\"", "null"]), ("calibrate", [.. Whole, "1000001"])]),
        ("evaluation", [("metrics",
        ["[\"lds\"]", "[\"lds\", \"removal\", \"mislabel\"]", "[]", "[\"lds\", \"lds\"]", "[\"luck\"]", "null"]),
        ("seeds", [.. Whole, "1001"]), ("subsets", [.. Whole, "1000001"]),
            ("subsets_of", ["[\"groups\"]", "[\"samples\", \"groups\"]", "[]", "[\"groups\", \"groups\"]", "[\"sample\"]", "\"groups\"",
            "[1]", "null"]),
            ("keep", ["[0.5]", "[0.99, 0.5]", "[]", "[0]", "[1]", "[0.5, 0.5]", "[\"0.5\"]", "0.5", "null"]),
            ("prediction_objective", ["\"margin\"", "\"loss\"", "\"logit\"", "null", "1"]),
            ("percent", ["[5]", "[1.5, 20]", "[]", "[0]", "[100]", "[5, 5]", "[\"5\"]", "null"]), ("predictions", [.. Whole, "1000001"]),
            ("label_noise", Reals)]),
        ("unlearning", [("groups", ["[0]", "[1, 2]", "[0, 3, 5]", "[]", "[-1]", "[1.5]", "[\"1\"]", "null"]),
        ("forget", ["[]", "[\"class=1\"]", "[\"class=1,cluster=0\", \"group=2\"]", "[1]", "[\"sample=3\"]", "null"]),
        ("method", ["\"block:1\"", "\"repair:2\"", "\"all\"", "\"feature\"", "\"trak\"", "\"voodoo\"", "null"])]),
    ];

    public static string Make(Random random)
    {
        var job = new JsonObject { ["data"] = new JsonObject { ["source"] = "generated" } };
        foreach ((string section, (string Field, string[] Values)[] fields) in Choices)
        {
            if (random.Next(4) > 0)
                continue;
            if (section.Length > 0 && random.Next(40) == 0)
            {
                job[section] = random.Next(2) == 0 ? null : 3;
                continue;
            }

            JsonObject into = section.Length == 0 ? job : job[section] as JsonObject ?? [];
            foreach ((string field, string[] values) in fields)
            {
                // The first values are good: most fields take one of them, or else hardly a whole job would be.
                if (random.Next(3) == 0)
                    into[field] = JsonNode.Parse(values[random.Next(random.Next(8) == 0 ? values.Length : Math.Min(2, values.Length))]);
            }

            if (section.Length > 0)
                job[section] = into;
        }

        if (random.Next(60) == 0)
            job.Remove("data");
        return job.ToJsonString();
    }

    /// <summary>Whether ddm refuses what no single field has wrong: that a schema does not say.</summary>
    public static bool IsBetweenFields(BadInputException error)
        => error is { Field: "$.validation.calibrate", Expected: var calibrated }
            && !calibrated.EndsWith("1000000", StringComparison.Ordinal)
        || error.Found.EndsWith(" with training.momentum 0", StringComparison.Ordinal)
        || error.Expected.Contains("the network's depth", StringComparison.Ordinal)
        || error.Expected.Contains("ascending shares", StringComparison.Ordinal)
        || error.Found.Contains(" with granularity ", StringComparison.Ordinal)
        || error.Found.EndsWith(" with an evaluation", StringComparison.Ordinal)
        || error.Found.EndsWith(" with validation.groups", StringComparison.Ordinal)
        || error.Found.Contains("constant almost everywhere", StringComparison.Ordinal);
}
