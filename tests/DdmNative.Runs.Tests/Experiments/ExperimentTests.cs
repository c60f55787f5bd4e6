using System.Xml.Linq;
using DdmNative.Runs.Experiments;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Runs.Tests.Experiments;

/// <summary>Every experiment on generated images, small enough for seconds.</summary>
public sealed class ExperimentTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("reverse-vs-forward", 5)]
    [InlineData("perturbed-accuracy", 6)]
    [InlineData("useless-data", 20)]
    [InlineData("images-per-group", 12)]
    [InlineData("initialisation", 12)]
    public void An_experiment_writes_its_table_and_its_figure(string name, int rows)
    {
        ExperimentResult result = Run(name, Job());

        Assert.Equal(rows, result.Table.Rows.Count);
        Assert.Equal(result.Table.Csv(), File.ReadAllText(_folder.File(name + ".csv")));
        Assert.NotEmpty(XDocument.Load(_folder.File(name + ".svg")).Descendants());
        Assert.Contains(result.Table.Markdown(), File.ReadAllText(_folder.File(name + ".md")), StringComparison.Ordinal);
        Assert.Contains(result.Table.Rows, row => row.Figures.All(double.IsFinite));
    }

    [Fact]
    public void Clusters_are_cut_finer_and_finer_on_models_that_are_shared()
    {
        ExperimentResult result = Run("clusters", Job(), "head");

        Assert.Equal(["1", "2", "5", "10"], result.Table.Rows.Select(row => row.Keys[0]).Distinct());
        // The models with everything are the same for every cut, and some clusters may be: one store holds them once.
        Assert.True(Directory.Exists(_folder.File("retrained")));
        Assert.InRange(Directory.EnumerateFiles(_folder.File("retrained"), "*.npz", SearchOption.AllDirectories).Count(), (1 + 3 * 10) * 2,
            (1 + 3 * (1 + 2 + 5 + 10)) * 2);
    }

    [Fact]
    public void Architectures_that_the_images_are_too_small_for_are_left_out()
    {
        // 8×8 images: three halvings, not four.
        ExperimentResult result = Run("architectures", Job() with { Network = new JobNetwork { Width = 6 } });

        Assert.DoesNotContain(result.Table.Rows, row => row.Keys.Contains("convnet-4"));
        Assert.Contains(result.Table.Rows, row => row.Keys.SequenceEqual(["exact", "convnet-3", "mlp"]));
        Assert.Equal(File.ReadAllText(_folder.File("convnet-3/groups.csv")), File.ReadAllText(_folder.File("mlp/groups.csv")));
    }

    [Fact]
    public void Done_once_an_experiment_is_only_summed_up_again()
    {
        string first = Run("useless-data", Job(), "head").Table.Csv();
        int kept = Directory.EnumerateFiles(_folder.File("retrained"), "*", SearchOption.AllDirectories).Count();
        var listener = new RecordingListener();

        string again = Run("useless-data", Job(), listener, "head").Table.Csv();

        Assert.Equal(first, again);
        Assert.Equal(kept, Directory.EnumerateFiles(_folder.File("retrained"), "*", SearchOption.AllDirectories).Count());
        Assert.Empty(listener.Begun);
    }

    [Fact]
    public void Methods_that_an_experiment_cannot_look_at_are_refused()
        => Assert.Contains("controlled-replay", Assert.Throws<BadInputException>(() => Run("images-per-group", Job(), "head")).Message,
            StringComparison.Ordinal);

    private static Job Job() => new()
    {
        Data = new JobData { Source = "generated:classes=3,per-class=24,test-per-class=8,size=8,clusters=2,seed=1" },
        Network = new JobNetwork { Width = 6, Depth = 2 },
        Training = new JobTraining { BatchSize = 18, Epochs = 3, LearningRate = 0.05f },
        Groups = new JobGroups { PerClass = 2 },
        Matching = new JobMatching { Steps = 2 },
        Evaluation = new JobEvaluation { Seeds = 2 },
    };

    private ExperimentResult Run(string name, Job job, params string[] methods) => Run(name, job, new RecordingListener(), methods);

    private ExperimentResult Run(string name, Job job, IRunListener listener, params string[] methods)
    {
        using var device = new CpuDevice(2);
        return ExperimentCatalog.Run(ExperimentCatalog.Find(name)!,
            new ExperimentContext(_folder.ToString(), job, methods, new RunSettings(), device, listener, CancellationToken.None));
    }
}
