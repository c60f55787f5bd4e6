namespace DdmNative.Cli.Tests.Survival;

/// <summary>Commands that are disturbed: one that has every kind of stage, and two that keep their work in other ways.</summary>
internal sealed record SurvivalJob(string Name, IReadOnlyList<string> Arguments)
{
    private const string Json = """
        {
          "data": { "source": "generated:classes=3,per-class=16,test-per-class=8,size=8,clusters=2" },
          "network": { "width": 4, "depth": 2 },
          "training": { "batch_size": 16, "epochs": 2 },
          "groups": { "per_class": 2 },
          "matching": { "steps": 2 },
          "attribution": {
            "methods": ["repair", "replay", "controlled-replay", "push", "forget", "feature", "head", "block:1", "retrain", "tracin",
              "trak:models=2:dim=32", "datamodel:subsets=16"]
          },
          "validation": { "groups": null, "seeds": 2, "calibrate": 3, "baselines": true },
          "evaluation": { "subsets": 8, "predictions": 3, "seeds": 2 },
          "unlearning": { "groups": [0, 3] }
        }
        """;

    /// <summary>The arguments with the folder that the command works in.</summary>
    public string[] In(string folder) => [.. Arguments, "--run", folder];

    /// <summary>All commands, the one with every stage first; the job file is written into the folder.</summary>
    public static IReadOnlyList<SurvivalJob> All(string folder)
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, "survival.json");
        File.WriteAllText(file, Json);
        return
        [
            new("run", ["run", file, "--threads", "1", "--wave", "3"]),
            new("experiment", ["experiment", "useless-data", "--job", file, "--methods", "head,tracin", "--seeds", "1", "--threads", "1",
            "--wave", "3"]),
            new("attribute", ["attribute", "--data", "generated:classes=2,per-class=10,test-per-class=4,size=8", "--method", "tracin",
            "--granularity", "sample", "--clusters", "2", "--threads", "1", "--wave", "3"]),
        ];
    }
}
