using System.Text.Json.Nodes;
using DdmNative.Attribution.Formats;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>Whole runs on a file of features, larger ones being only slower.</summary>
public sealed class FeatureRunTests : IDisposable
{
    private const int Columns = 6, Classes = 3, Rows = 60;

    private readonly string _folder = Directory.CreateTempSubdirectory("ddm-features-").FullName;
    private readonly CpuDevice _device = new(2);

    public FeatureRunTests()
    {
        (NpyArray x, NpyArray y) = Part(Rows, seed: 1);
        (NpyArray testX, NpyArray testY) = Part(30, seed: 2);
        Npz.Write(PathOf("features.npz"), ("x", x), ("y", y), ("x_test", testX), ("y_test", testY));
    }

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_job_that_says_nothing_is_influence_on_softmax_regression()
    {
        Run("run", new Job { Data = Data });

        Job job = RunFolder.Peek(PathOf("run"))!.Job;
        Assert.Equal(new JobNetwork { Architecture = "logistic" }, job.Network);
        Assert.Equal(["influence"], job.Attribution.Methods);
        Assert.Equal([Classes, Columns], Safetensors.Read(PathOf("run", "target.safetensors")).Tensor("head.weight", -1, -1).Shape);
        Assert.Equal([1 + Classes, 5 * Classes], Npz.Read(PathOf("run", "attribution.npz"))["matrix"].Shape);
        Assert.False(File.Exists(PathOf("run", "synset.png")));
        Assert.True(RunFolder.Peek(PathOf("run"))!.Data!.Mean.All(mean => mean == 0));
    }

    [Fact]
    public void The_report_has_effects_of_single_samples_and_no_pictures()
    {
        Run("run", new Job { Data = Data });

        string page = File.ReadAllText(PathOf("run", "report.html"));
        Assert.DoesNotContain("data:image/png", page, StringComparison.Ordinal);
        JsonNode data = ReportData(page);
        Assert.Empty(data["images"]!["classes"]!.AsArray());
        Assert.Empty(data["samples"]!["pictures"]!.AsArray());
        Assert.Equal(Rows, data["samples"]!["ids"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("logistic")]
    [InlineData("mlp")]
    public void Methods_that_train_models_are_checked_against_retraining(string architecture)
    {
        var job = new Job
        {
            Data = Data,
            Network = new JobNetwork { Architecture = architecture, Hidden = architecture == "mlp" ? [5] : null },
            Training = new JobTraining { BatchSize = 16, Epochs = 4 },
            Groups = new JobGroups { PerClass = 2 },
            Attribution = new JobAttribution { Methods = ["feature", "head", "ekfac", "trak:models=1:dim=8"], ReferenceGroups = 3 },
            Validation = new JobValidation { Groups = 3 },
        };
        Run("run", job, RunGoal.Validate);

        NpzContents validation = Npz.Read(PathOf("run", "validation.npz"));
        Assert.Equal([4, 4, 3], validation["predicted_methods"].Shape);
        double[] exact = validation.Elements<double>("exact");
        double[] head = [.. validation.Elements<double>("predicted_methods").Skip(exact.Length).Take(exact.Length)];
        if (architecture == "logistic")
        {
            // The head is all there is, so that retraining it is exact, and the scale of its check is one.
            for (int i = 0; i < exact.Length; i++)
                Assert.Equal(exact[i], head[i], 12);
        }

        Assert.Contains(head, effect => effect != 0);
    }

    [Fact]
    public void Groups_of_a_csv_are_those_of_the_files_rows()
    {
        File.WriteAllText(PathOf("groups.csv"),
            "sample,group\n" + string.Concat(Enumerable.Range(0, Rows).Select(n => $"{n},{(n < 20 ? "old" : "new")}\n")));
        var job = new Job
        {
            Data = Data,
            Groups = new JobGroups { File = PathOf("groups.csv") },
            Attribution = new JobAttribution { Methods = ["feature", "head", "influence"], ReferenceGroups = 2 },
            Validation = new JobValidation { Groups = 2 },
        };
        Run("run", job, RunGoal.Validate);

        // A group of features may have several classes: it has no synthetic images, which have one label vector.
        NpzContents attribution = Npz.Read(PathOf("run", "attribution.npz"));
        Assert.Equal(["old", "new"], attribution.Elements<string>("group_name"));
        Assert.Equal([GroupTable.SeveralClasses, GroupTable.SeveralClasses], attribution.Elements<int>("group_class"));
        Assert.Equal([20, 40], attribution.Elements<int>("group_size"));
        double[] exact = Npz.Read(PathOf("run", "validation.npz")).Elements<double>("exact");
        double[] predicted = Npz.Read(PathOf("run", "validation.npz")).Elements<double>("predicted_methods");
        for (int i = 0; i < exact.Length; i++)
            Assert.Equal(exact[i], predicted[exact.Length + i], 12);
        Assert.Contains("several", File.ReadAllText(PathOf("run", "run.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Features_are_normalised_where_the_job_says_so()
    {
        Run("plain", new Job { Data = Data }, RunGoal.Train);
        Run("scaled", new Job { Data = Data with { Mean = [0.5], Std = [2] } }, RunGoal.Train);

        RunRecord plain = RunFolder.Peek(PathOf("plain"))!, scaled = RunFolder.Peek(PathOf("scaled"))!;
        Assert.Equal(Enumerable.Repeat(2.0, Columns), scaled.Data!.Std);
        Assert.NotEqual(plain.Data!.Sha256, scaled.Data.Sha256);
        Assert.NotEqual(plain.Stages[0].Files["target.safetensors"], scaled.Stages[0].Files["target.safetensors"]);
    }

    [Theory]
    [InlineData("push")]
    [InlineData("push+feature")]
    [InlineData("mask-regression")]
    public void A_method_on_synthetic_images_names_those_on_features(string method)
    {
        var job = new Job { Data = Data, Attribution = new JobAttribution { Methods = [method] } };
        BadInputException fault = Assert.Throws<BadInputException>(
            () => RunInputs.Load(job, RunGoal.Attribute, new HashSet<string> { "attribution.methods" }));

        Assert.Equal("attribution.methods[0]", fault.JobField);
        Assert.Contains("works on synthetic images", fault.Message, StringComparison.Ordinal);
        Assert.Contains("influence, feature, head", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, null, "network.width")]
    [InlineData(null, 1, "network.depth")]
    public void A_size_of_hidden_layers_needs_a_network_that_has_them(int? width, int? depth, string field)
    {
        var norm = new Job { Data = Data, Network = new JobNetwork { Norm = "batch" } };
        Assert.Equal("network.norm", Assert.Throws<BadInputException>(() => RunInputs.Load(norm)).JobField);
        var network = new JobNetwork { Width = width, Depth = depth };
        BadInputException fault = Assert.Throws<BadInputException>(() => RunInputs.Load(new Job { Data = Data, Network = network }));
        Assert.Equal(field, fault.JobField);
        Assert.Contains("mlp", fault.Message, StringComparison.Ordinal);

        JobNetwork named = RunInputs.Load(new Job { Data = Data, Network = network with { Architecture = "mlp" } }).Job.Network;
        Assert.Equal((width ?? 32, depth ?? 3), (named.Width, named.Depth));
    }

    [Theory]
    [InlineData(1, false, "training.crop")]
    [InlineData(0, true, "training.flip")]
    public void Features_are_not_moved(int crop, bool flip, string field)
    {
        var job = new Job { Data = Data, Training = new JobTraining { Crop = crop, Flip = flip } };
        Assert.Equal(field, Assert.Throws<BadInputException>(() => RunInputs.Load(job)).JobField);
    }

    [Fact]
    public void A_block_of_a_head_alone_is_refused()
    {
        var job = new Job { Data = Data, Attribution = new JobAttribution { Methods = ["block:1"] } };
        BadInputException fault = Assert.Throws<BadInputException>(() => RunInputs.Load(job, RunGoal.Attribute));
        Assert.Equal("attribution.methods[0]", fault.JobField);
        Assert.Contains("logistic is a head alone", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Baselines_on_synthetic_images_are_refused()
    {
        var job = new Job { Data = Data, Validation = new JobValidation { Groups = 2, Baselines = true } };
        Assert.Equal("validation.baselines", Assert.Throws<BadInputException>(() => RunInputs.Load(job, RunGoal.Validate)).JobField);
    }

    [Fact]
    public void Fields_that_are_given_are_not_replaced()
    {
        var job = new Job { Data = Data, Attribution = new JobAttribution { Methods = ["grad-dot"], Objectives = ["margin"] } };
        Job loaded = RunInputs.Load(job, RunGoal.Attribute).Job;
        Assert.Equal(["grad-dot"], loaded.Attribution.Methods);
        Assert.Equal(["margin"], loaded.Attribution.Objectives);
        Assert.Throws<BadInputException>(() => RunInputs.Load(job, RunGoal.Attribute, new HashSet<string> { "network.architecture" }));
    }

    private JobData Data => new() { Source = PathOf("features.npz") };

    private static JsonNode ReportData(string page)
    {
        const string Start = "<script id=\"data\" type=\"application/json\">";
        int from = page.IndexOf('{', page.IndexOf(Start, StringComparison.Ordinal));
        return JsonNode.Parse(page[from..page.IndexOf("</script>", from, StringComparison.Ordinal)])!;
    }

    private static (NpyArray X, NpyArray Y) Part(int rows, int seed)
    {
        int[] labels = [.. Enumerable.Range(0, rows).Select(n => n % Classes)];
        float[] values = [.. Enumerable.Range(0, rows * Columns).Select(i => (i % Columns % Classes == labels[i / Columns] ? 1 : 0)
            + MathF.Sin(seed + 7.3f * i))];
        return (new NpyArray(values, rows, Columns), new NpyArray(labels, rows));
    }

    private void Run(string run, Job job, RunGoal goal = RunGoal.Attribute)
        => Runner.Run(PathOf(run), job, goal, new RunSettings(), _device, new RecordingListener(), CancellationToken.None);

    private string PathOf(params string[] names) => Path.Combine([_folder, .. names]);
}
