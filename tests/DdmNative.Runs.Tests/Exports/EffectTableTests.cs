using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Exports;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cpu;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace DdmNative.Runs.Tests.Exports;

/// <summary>A run's effects as one long table: the same numbers as in its npz files, in Parquet and csv.</summary>
public sealed class EffectTableTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Parquet_holds_every_effect_with_what_exact_retraining_found()
    {
        string run = Run();
        EffectParquet.Write(_folder.File("effects.parquet"), EffectTable.Of(run));

        await using ParquetReader reader = await ParquetReader.CreateAsync(_folder.File("effects.parquet"));
        using ParquetRowGroupReader rows = reader.OpenRowGroupReader(0);
        DataField Field(string name) => reader.Schema.FindDataField(name);
        int count = checked((int)rows.RowCount);
        double[] effects = new double[count];
        await rows.ReadAsync<double>(Field("effect"), effects);
        double?[] calibrated = new double?[count], exact = new double?[count];
        await rows.ReadAsync<double>(Field("calibrated"), calibrated);
        await rows.ReadAsync<double>(Field("exact"), exact);
        string?[] names = new string?[count], methods = new string?[count], objectives = new string?[count];
        await rows.ReadAsync(Field("name"), names);
        await rows.ReadAsync(Field("method"), methods);
        await rows.ReadAsync(Field("objective"), objectives);
        int[] groups = new int[count], sizes = new int[count];
        await rows.ReadAsync<int>(Field("group"), groups);
        await rows.ReadAsync<int>(Field("size"), sizes);

        NpzContents attribution = Npz.Read(Path.Combine(run, "attribution.npz")),
            validation = Npz.Read(Path.Combine(run, "validation.npz")), slopes = Npz.Read(Path.Combine(run, "calibrated.npz"));
        int groupCount = attribution["matrix"].Shape[1], rowCount = attribution["matrix"].Shape[0];
        Assert.Equal(AttributionMatrix.Convention, reader.CustomMetadata[EffectParquet.ConventionKey]);
        Assert.Equal("group", reader.CustomMetadata[EffectParquet.GranularityKey]);
        Assert.Equal(attribution.Elements<double>("matrices"), effects);
        Assert.Equal(slopes.Elements<double>("matrices").Select(value => (double?)value), calibrated);
        Assert.Equal(["head", "grad-dot"], methods.Distinct());
        Assert.Equal(attribution.Elements<string>("objectives"), objectives.Distinct());
        Assert.Equal(["ann", "bob"], names.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(attribution.Elements<string>("group_name"), names.Take(groupCount));
        Assert.Equal(20, sizes.Take(groupCount).Sum());
        int[] retrained = validation.Elements<int>("groups");
        Assert.Equal(2, retrained.Length);
        for (int row = 0; row < count; row++)
        {
            int column = Array.IndexOf(retrained, groups[row]), objective = row / groupCount % rowCount;
            Assert.Equal(column < 0 ? null : validation.Elements<double>("exact")[objective * retrained.Length + column], exact[row]);
        }
    }

    [Fact]
    public void Csv_holds_the_same_rows()
    {
        EffectTable table = EffectTable.Of(Run());
        EffectCsv.Write(_folder.File("effects.csv"), table);

        string[] lines = File.ReadAllLines(_folder.File("effects.csv"));
        Assert.Equal("# " + AttributionMatrix.Convention, lines[0]);
        Assert.Equal("method,objective,unit,group,class,cluster,name,size,effect,calibrated,exact,class_name,sample,file,noise", lines[1]);
        Assert.Equal(table.Rows + 2, lines.Length);
        Assert.Equal(table.Effect[5], double.Parse(lines[7].Split(',')[8], CultureInfo.InvariantCulture));
        Assert.Equal(table.Noise[5], double.Parse(lines[7].Split(',')[^1], CultureInfo.InvariantCulture));
        Assert.True(table.Noise[5] > 0);
    }

    [Fact]
    public void Single_samples_have_their_number_and_file_and_classes_their_names()
    {
        foreach ((string split, int count) in ((string, int)[])[("train", 6), ("test", 4)])
            foreach ((string name, int shade) in ((string, int)[])[("cat, grey", 0), ("dog", 90)])
                for (int i = 0; i < count; i++)
                {
                    Directory.CreateDirectory(_folder.File($"data/{split}/{name}"));
                    _folder.Write($"data/{split}/{name}/img_{i}.pgm", [.. "P5 8 8 255\n"u8,
                        .. Enumerable.Range(0, 64).Select(j => (byte)(shade + 7 * i + j))]);
                }

        var job = new Job
        {
            Data = new JobData { Source = _folder.File("data"), TrainPerClass = 4 },
            Network = new JobNetwork { Width = 4, Depth = 2 },
            Training = new JobTraining { BatchSize = 8, Epochs = 1 },
            Groups = new JobGroups { PerClass = 2 },
            Attribution = new JobAttribution { Methods = ["grad-dot"], Objectives = ["loss"], Granularity = "sample", Samples = "none" },
        };
        string run = _folder.File("run");
        using var device = new CpuDevice(2);
        Runner.Run(run, job, RunGoal.Attribute, new RunSettings(), device, new RecordingListener(), default);
        var inputs = RunInputs.Load(job);

        EffectTable table = EffectTable.Of(run);

        Assert.Equal(inputs.Train.SourceIndices.Select(index => (int?)index), table.Sample);
        Assert.Equal(Enumerable.Range(0, 8).Select(inputs.Train.FileOf), table.File);
        Assert.Equal(["cat, grey", "dog"], table.ClassName.Distinct());
        string[] lines = File.ReadAllLines(Path.Combine(run, "attribution.csv"));
        Assert.Equal("group,class,cluster,size,loss,class_name,sample,file", lines[1]);
        Assert.EndsWith($",\"cat, grey\",{table.Sample[0]},\"{table.File[0]}\"", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Exact_effects_of_another_attribution_are_left_out()
    {
        string run = Run();
        Npz.Write(Path.Combine(run, "validation.npz"),
            [.. Npz.Read(Path.Combine(run, "validation.npz")).Arrays.Select(
            array => (array.Key, array.Key == "predicted_methods" ? Moved(array.Value) : array.Value))]);

        EffectTable table = EffectTable.Of(run);

        Assert.All(table.Exact, Assert.Null);
        Assert.All(table.Calibrated, Assert.Null);

        static NpyArray Moved(NpyArray array) => new(((double[])array.Data).Select(value => value + 1e-9).ToArray(), array.Shape);
    }

    [Fact]
    public void A_run_without_a_finished_attribution_is_refused()
    {
        Assert.Contains("run.json", Assert.Throws<BadInputException>(() => EffectTable.Of(_folder.File("nowhere"))).Message,
            StringComparison.Ordinal);
        string run = Run();
        File.AppendAllText(Path.Combine(run, "attribution.npz"), "x");
        Assert.Contains("changed", Assert.Throws<BadInputException>(() => EffectTable.Of(run)).Message, StringComparison.Ordinal);
    }

    private string Run()
    {
        string groups = _folder.Write("groups.csv",
            System.Text.Encoding.UTF8.GetBytes(
            "sample,group\n" + string.Concat(Enumerable.Range(0, 20).Select(n => $"{n},{(n % 4 < 2 ? "ann" : "bob")}\n"))));
        var job = new Job
        {
            Data = new JobData { Source = "generated:classes=2,per-class=10,test-per-class=6,size=8,clusters=2" },
            Network = new JobNetwork { Width = 4, Depth = 2 },
            Training = new JobTraining { BatchSize = 8, Epochs = 2 },
            Groups = new JobGroups { File = groups },
            Attribution = new JobAttribution { Methods = ["head", "grad-dot"] },
            Validation = new JobValidation { Groups = 2, Calibrate = 2 },
        };
        using var device = new CpuDevice(2);
        Runner.Run(_folder.File("run"), job, RunGoal.Validate, new RunSettings(), device, new RecordingListener(), default);
        return _folder.File("run");
    }
}
