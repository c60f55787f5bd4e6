using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cpu;
using DdmNative.Runs.Summaries;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>
/// What the user calls his classes and files is found again in what a run writes; and what he should know of his data is said once.
/// </summary>
public sealed class NamedRunTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CpuDevice _device = new(2);

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Names_of_classes_and_files_go_through_to_the_summary_the_report_and_the_groups()
    {
        foreach ((string split, int count) in ((string, int)[])[("train", 6), ("test", 4)])
            foreach ((string name, int shade) in ((string, int)[])[("cat", 0), ("dog", 90)])
                for (int i = 0; i < count; i++)
                    Write($"{split}/{name}/img_{i}.pgm", [.. "P5 8 8 255\n"u8,
                        .. Enumerable.Range(0, 64).Select(j => (byte)(shade + 7 * i + j))]);
        Write("train/notes.md", [1]);
        var listener = new RecordingListener();

        RunSummary summary = Attribute(listener);

        Assert.Equal(["cat", "dog"], summary.MostHelpful.Concat(summary.MostHarmful).Select(group => group.ClassName).Distinct().Order());
        string report = File.ReadAllText(_folder.File("run/report.html"));
        Assert.Contains("\"class_names\":[\"cat\",\"dog\"]", report, StringComparison.Ordinal);
        Assert.Contains("train/dog/img_3.pgm", report, StringComparison.Ordinal);
        Assert.Matches(@"\n3,0,\d,0,\d,cat,train/cat/img_3\.pgm\n", File.ReadAllText(_folder.File("run/groups.csv")));
        Assert.Equal(["cat", "dog"], Npz.Read(_folder.File("run/attribution.npz")).Elements<string>("class_names"));
        Assert.Single(listener.Notes, note => note.Contains("train/notes.md", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(255f)]
    public void Pictures_are_the_same_whatever_unit_the_pixels_are_in(float white)
    {
        foreach ((string split, int count) in ((string, int)[])[("train", 12), ("test", 4)])
            Npz.Write(_folder.File($"{split}.npz"), ("x",
                new NpyArray(Enumerable.Range(0, count * 64).Select(i => i % 256 / 255f * white).ToArray(), count, 8, 8)),
                ("y", new NpyArray(Enumerable.Range(0, count).Select(n => n % 2).ToArray(), count)));
        Attribute(new RecordingListener());
        string report = File.ReadAllText(_folder.File("run/report.html"));
        int at = report.IndexOf("\"pictures\":", StringComparison.Ordinal),
            start = report.IndexOf("base64,", at, StringComparison.Ordinal) + 7;
        string uri = System.Text.Json.JsonSerializer.Deserialize<string>($"\"{report[start..report.IndexOf('"', start)]}\"")!;
        byte[] png = Convert.FromBase64String(uri);
        using var bitmap = SkiaSharp.SKBitmap.Decode(png);
        byte[] shades = [.. bitmap.Pixels.Select(pixel => pixel.Red)];
        Assert.True(shades.Distinct().Count() > 100); // neither white nor black all over
        Assert.Equal((shades[0] + 1, shades[0] + 2), (shades[1], shades[2])); // as the bytes are that the pixels were made of
    }

    [Fact]
    public void A_channel_that_never_changes_is_told()
    {
        foreach ((string split, int count) in ((string, int)[])[("train", 12), ("test", 4)])
            Npz.Write(_folder.File($"{split}.npz"), ("x",
                new NpyArray(Enumerable.Range(0, count * 128).Select(i => i / 64 % 2 == 0 ? 0.3f : i % 97).ToArray(), count, 2, 8, 8)),
                ("y", new NpyArray(Enumerable.Range(0, count).Select(n => n % 2).ToArray(), count)));
        var listener = new RecordingListener();
        Attribute(listener);
        Assert.Contains(listener.Notes, note => note.Contains("channel 0 of 2 is constant", StringComparison.Ordinal));
    }

    [Fact]
    public void Naming_classes_later_recomputes_nothing()
    {
        Named(null);
        var listener = new RecordingListener();

        RunSummary summary = Named(["left", "right"], listener);

        Assert.Empty(listener.Begun);
        Assert.Equal(["left", "right"],
            summary.MostHelpful.Concat(summary.MostHarmful).Select(group => group.ClassName!).Distinct().Order());
        Assert.Contains("\"class_names\":[\"left\",\"right\"]", File.ReadAllText(_folder.File("run/report.html")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_reports_names_may_be_given_with_it()
    {
        Named(null);

        Runner.WriteReport(_folder.File("run"), new InputPlaces { ClassNames = ["left", "right"] });

        Assert.Contains("\"class_names\":[\"left\",\"right\"]", File.ReadAllText(_folder.File("run/report.html")),
            StringComparison.Ordinal);
        RunRecord record = RunFolder.Peek(_folder.File("run"))!;
        Assert.Equal(["left", "right"], record.Job.Data.ClassNames);
        Assert.Contains(record.Summary!.MostHelpful.Concat(record.Summary.MostHarmful), group => group.ClassName == "left");
    }

    [Fact]
    public void There_must_be_a_name_for_each_class()
    {
        BadInputException error = Assert.Throws<BadInputException>(() => Named(["one", "two", "three"]));
        Assert.Equal(("data.class_names", "3 names", "2, one for each class"), (error.JobField, error.Found, error.Expected));
        Assert.False(Directory.Exists(_folder.File("run")));
    }

    private RunSummary Named(IReadOnlyList<string>? names, RecordingListener? listener = null)
        => Runner.Run(_folder.File("run"), new Job
        {
            Data = new JobData { Source = "generated:classes=2,per-class=10,test-per-class=4,size=8", ClassNames = names },
            Network = new JobNetwork { Width = 4, Depth = 2 },
            Training = new JobTraining { BatchSize = 8, Epochs = 1 },
            Groups = new JobGroups { PerClass = 2 },
            Attribution = new JobAttribution { Methods = ["head"] },
        }, RunGoal.Attribute, new RunSettings(), _device, listener ?? new RecordingListener(), CancellationToken.None);

    private RunSummary Attribute(RecordingListener listener) => Runner.Run(_folder.File("run"), new Job
    {
        Data = new JobData { Source = _folder.ToString() },
        Network = new JobNetwork { Width = 4, Depth = 2 },
        Training = new JobTraining { BatchSize = 8, Epochs = 1 },
        Groups = new JobGroups { PerClass = 2 },
        Attribution = new JobAttribution { Methods = ["head"] },
    }, RunGoal.Attribute, new RunSettings(), _device, listener, CancellationToken.None);

    private void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        _folder.Write(name, bytes);
    }
}
