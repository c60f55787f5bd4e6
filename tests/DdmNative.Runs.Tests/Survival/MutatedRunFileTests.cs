using System.Text;
using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Networks;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Runs.Tests.Survival;

/// <summary>
/// Damaged files of a run itself, and the job. What cannot be made again is refused with the file's name; what can (retrained models,
/// waves, partial results) counts as absent, and what is taken of it is what was kept.
/// </summary>
public sealed class MutatedRunFileTests : IDisposable
{
    private const string Key = "0123456789abcdef";

    private readonly TempFolder _folder = new();
    private readonly Job _job =
        new() { Data = new JobData { Source = "generated:classes=2,per-class=6,test-per-class=3,size=8,clusters=2" },
        Network = new JobNetwork { Width = 2, Depth = 1 } };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Mutated_jobs_are_read_or_refused()
    {
        const string Good = """
            {
              // what a user might write
              "seed": 3,
              "data": { "source": "generated:classes=3", "train_per_class": 10 },
              "network": { "architecture": "convnet", "width": 8, "depth": 2 },
              "training": { "learning_rate": 0.05, "epochs": 2 },
              "attribution": {
                "methods": ["repair", "block:2", "trak:models=2:dim=64"], "objectives": ["loss", "loss:class", "margin:sample=1,2"]
              },
              "validation": { "groups": null, "seeds": 2, "calibrate": 4 },
              "evaluation": { "percent": [5, 10], "subsets": 8, "label_noise": 0.1 },
              "unlearning": { "groups": [0, 3] },
            }
            """;
        Fuzz.Run(Encoding.UTF8.GetBytes(Good), bytes => Assert.NotNull(JobFile.Read(_folder.Write("job.json", bytes)).Data.Source));
    }

    /// <summary>Nothing of a record that was touched is used: either the file is the one that was written, or it is refused.</summary>
    [Fact]
    public void Mutated_records_are_noticed()
    {
        byte[] good = Record();
        Fuzz.Run(good, bytes =>
        {
            _folder.Write("run.json", bytes);
            RunRecord? read = RunFolder.Peek(_folder.ToString());
            Assert.True(bytes.AsSpan().SequenceEqual(good) || read is { Seal: null }, "a record that was touched was taken");
        });
    }

    [Fact]
    public void Mutated_parameters_and_trajectories_are_read_or_refused()
    {
        Network network = Network.Create(new NetworkOptions("convnet", 2, 1, new ImageShape(1, 8, 8), 2));
        ParameterFile.Write(_folder.File("target.safetensors"), network, network.Initialise(1),
            new Dictionary<string, string> { ["method"] = "repair" });
        Fuzz.Run(Read("target.safetensors"),
            bytes => Assert.All(ParameterFile.Read(_folder.Write("m.safetensors", bytes), network),
            value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void Mutated_synsets_are_read_or_refused()
    {
        SynsetFile.Write(_folder.File("synset.safetensors"),
            new Synset(new ImageShape(1, 3, 2), 2, [.. Enumerable.Range(0, 24).Select(i => (float)i)], [1, 0, 1, 0, 0, 1, 0, 1],
            [0, 0, 1, 1]));
        Fuzz.Run(Read("synset.safetensors"), bytes => Assert.Equal(0, SynsetFile.Read(_folder.Write("m.safetensors", bytes)).Groups[0]));
    }

    [Fact]
    public void Mutated_feature_synsets_are_read_or_refused()
    {
        var features = new FrozenFeatures(new ImageShape(2, 1, 1), 3, [1, 2, 3, 4, 5, 6]);
        FeatureSynsetFile.Write(_folder.File("feature.safetensors"), new FeatureSynset(features, [0, 0, 1], [0, 1, 2], [4, 5, 6]));
        Fuzz.Run(Read("feature.safetensors"),
            bytes => Assert.NotEmpty(FeatureSynsetFile.Read(_folder.Write("m.safetensors", bytes)).Groups));
    }

    [Fact]
    public void Mutated_curves_are_read_or_refused()
    {
        CurveFile.Write(_folder.File("losses.csv"), "loss", Enumerable.Range(1, 12).Select(step => (step, 1.0 / step)));
        Fuzz.Run(Read("losses.csv"), bytes => Assert.NotNull(CurveFile.Read(_folder.Write("m.csv", bytes), "loss")));
    }

    [Fact]
    public void Mutated_retrained_models_are_as_if_they_were_absent()
    {
        float[] logits = [1, 2, 3, 4, 5, 6];
        var store = new RetrainedModelStore(_folder.ToString());
        store.Keep(Key, logits, 2, 3);
        string name = Path.GetRelativePath(_folder.ToString(),
            Directory.GetFiles(_folder.ToString(), "*.npz", SearchOption.AllDirectories).Single());
        Fuzz.Run(Read(name), bytes =>
        {
            _folder.Write(name, bytes);
            float[]? found = store.Find(Key, 2, 3);
            return Whole(found, logits);
        });
    }

    [Fact]
    public void Mutated_partial_results_are_as_if_they_were_absent_and_that_is_said()
    {
        double[] values = [1, 2.5, -3];
        using RunFolder run = RunFolder.Open(_folder.File("run"));
        var listener = new RecordingListener();
        var partial = new PartialFiles(Context(run, null!, listener), "attribution/x.partial");
        partial.Keep("gradients", values);
        Fuzz.Run(Read("run/attribution/x.partial/gradients.npz"), bytes =>
        {
            _folder.Write("run/attribution/x.partial/gradients.npz", bytes);
            listener.Notes.Clear();
            double[]? found = partial.Find("gradients");
            Assert.True(found is not null || listener.Notes.Count == 1, "it was not said");
            return Whole(found, values);
        });
    }

    /// <summary>Whether it was found; and then it must be what was kept.</summary>
    private static bool Whole<T>(T[]? found, T[] kept)
    {
        Assert.True(found is null || found.SequenceEqual(kept), "other numbers than were kept");
        return found is not null;
    }

    private StageContext Context(RunFolder run, RunInputs inputs, IRunListener listener)
        => new(run, _job, new RunSettings(), null!, inputs, listener, Key, default);

    private byte[] Read(string name) => File.ReadAllBytes(_folder.File(name));

    private byte[] Record()
    {
        using var run = RunFolder.Open(_folder.File("record"));
        run.Save(new RunRecord
        {
            Version = "0.1.0", Runtime = "test", Device = "test", Job = _job, Data = new DataRecord(Key, 8, 6, 2, 1, 8, 8, [0.5], [0.25]),
            Stages = [new StageRecord { Name = "train", Key = Key, Files = new Dictionary<string, string> { ["target.safetensors"] = Key },
            Figures = new Dictionary<string, double> { ["test_accuracy"] = 0.93 } }],
        });
        return Read("record/run.json");
    }
}
