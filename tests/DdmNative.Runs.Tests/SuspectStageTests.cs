using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Training images whose labels may be wrong.</summary>
public sealed class SuspectStageTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CpuDevice _device = new(2);

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Planted_wrong_labels_are_found()
    {
        (IReadOnlyList<Suspect> suspects, RunInputs inputs) = Run(0.05);
        Assert.Equal(inputs.Train.Count / 20, suspects.Count);
        Assert.Equal(suspects.Select(suspect => suspect.Score).OrderDescending(), suspects.Select(suspect => suspect.Score));
        int[] positions = [.. suspects.Select(suspect => Array.IndexOf(inputs.Train.SourceIndices, suspect.Sample))];
        Assert.True(positions.Count(n => inputs.Planted![n]) >= suspects.Count / 2, "few planted labels are among the suspects");
        Assert.All(suspects.Index(), entry => Assert.Equal(inputs.Train.Labels[positions[entry.Index]], entry.Item.Label));
    }

    [Fact]
    public void The_file_says_its_score_and_the_names_of_classes()
    {
        Run(0.05);
        string path = _folder.File("run/suspects.csv");
        string[] lines = File.ReadAllLines(path);
        Assert.Equal("# score: " + SuspectStage.Score, lines[0]);
        Assert.Equal("sample,file,label,class_name,score,rank,predicted,predicted_name,probability,loss", lines[1]);
        Assert.Matches(@"^\d+,,\d,(ant|bee),[^,]+,1,\d,(ant|bee),", lines[2]);
        Assert.Equal(SuspectStage.Score, SuspectFile.ScoreOf(path));
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var data = Attribution.Datasets.GeneratedDataset.Make(
            Attribution.Datasets.GeneratedOptions.Parse("generated:classes=2,per-class=2,test-per-class=2,size=8")).Train;
        Suspect[] suspects = [new(3, 1, 2.5, 0, 0.75, 2.5) { File = "a, \"b\".png" }, new(0, 0, 1e-7, 0, 0.9, 1e-7)];
        SuspectFile.Write(_folder.File("suspects.csv"), "some score", suspects, data);
        Assert.Equal(suspects, SuspectFile.Read(_folder.File("suspects.csv")));
    }

    private (IReadOnlyList<Suspect> Suspects, RunInputs Inputs) Run(double noise)
    {
        var job = new Job
        {
            Data = new JobData
            {
                Source = "generated:classes=2,per-class=60,test-per-class=10,size=8", LabelNoise = noise, ClassNames = ["ant", "bee"],
            },
            Network = new JobNetwork { Width = 8, Depth = 2 },
            Training = new JobTraining { BatchSize = 8, Epochs = 3 },
            Groups = new JobGroups { PerClass = 2 },
            Attribution = new JobAttribution { Methods = ["head"], Samples = "none" },
        };
        Runner.Run(_folder.File("run"), job, RunGoal.Attribute, new RunSettings(), _device, new RecordingListener(), default);
        return (SuspectFile.Read(_folder.File("run/suspects.csv")), RunInputs.Load(job));
    }
}
