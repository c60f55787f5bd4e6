using Xunit;

namespace DdmNative.Cli.Tests;

[Collection(Commands.Name)]
public sealed class ExitCodeTests(RunFiles files)
{
    [Theory]
    [InlineData("unknown verb", "fly")]
    [InlineData("unknown option", "train", "--run", "RUN", "--data", "generated", "--speed", "9")]
    [InlineData("no run folder", "train", "--data", "generated")]
    [InlineData("no data in a new run", "train", "--run", "RUN")]
    [InlineData("not a number", "train", "--run", "RUN", "--data", "generated", "--epochs", "many")]
    [InlineData("out of range", "train", "--run", "RUN", "--data", "generated", "--epochs", "0")]
    [InlineData("no threads", "train", "--run", "RUN", "--data", "generated", "--threads", "0")]
    [InlineData("two methods", "attribute", "--run", "RUN", "--data", "generated", "--mode", "repair", "--depth", "head")]
    [InlineData("unknown mode", "attribute", "--run", "RUN", "--data", "generated", "--mode", "undo")]
    [InlineData("unknown depth", "attribute", "--run", "RUN", "--data", "generated", "--depth", "block:x")]
    [InlineData("unknown method", "attribute", "--run", "RUN", "--data", "generated", "--method", "voodoo")]
    [InlineData("unknown setting", "attribute", "--run", "RUN", "--data", "generated", "--method", "ddm:colour=red")]
    [InlineData("two ways to name a method", "attribute", "--run", "RUN", "--data", "generated", "--method", "random", "--depth", "head")]
    [InlineData("no gradient", "attribute", "--run", "RUN", "--data", "generated", "--method", "grad-dot", "--objectives", "accuracy")]
    [InlineData("unknown granularity", "attribute", "--run", "RUN", "--data", "generated", "--method", "random", "--granularity", "pixel")]
    [InlineData("a synset of samples", "attribute", "--run", "RUN", "--data", "generated", "--mode", "repair", "--granularity", "sample")]
    [InlineData("no memory", "attribute", "--run", "RUN", "--data", "generated", "--method", "random", "--memory", "-1")]
    [InlineData("two ways to name methods", "attribute", "--run", "RUN", "--data", "generated", "--methods", "random", "--depth", "head")]
    [InlineData("nothing to attribute", "attribute")]
    [InlineData("no such count", "validate", "--run", "RUN", "--data", "generated", "--count", "some")]
    [InlineData("nothing to forget", "unlearn", "--run", "RUN", "--data", "generated")]
    [InlineData("no selector", "unlearn", "--run", "RUN", "--data", "generated", "--forget", "colour=red")]
    [InlineData("a mean without a deviation", "train", "--run", "RUN", "--data", "generated", "--mean", "0.5")]
    [InlineData("a trajectory without a target", "train", "--run", "RUN", "--data", "generated", "--trajectory", "/nowhere")]
    [InlineData("nothing to fetch", "data", "fetch")]
    [InlineData("nothing to do with data", "data", "burn", "mnist")]
    [InlineData("no patience", "data", "fetch", "mnist", "--timeout", "0")]
    [InlineData("nothing to export", "export", "--run", "RUN")]
    [InlineData("unknown metric", "evaluate", "--run", "RUN", "--data", "generated", "--metrics", "lds,luck")]
    [InlineData("unknown method", "evaluate", "--run", "RUN", "--data", "generated", "--methods", "guess")]
    [InlineData("all of the groups", "evaluate", "--run", "RUN", "--data", "generated", "--percent", "10,100")]
    [InlineData("nothing removed", "evaluate", "--run", "RUN", "--data", "generated", "--subsets-of", "samples", "--keep", "0.9,1")]
    [InlineData("unknown subsets", "evaluate", "--run", "RUN", "--data", "generated", "--subsets-of", "images")]
    [InlineData("unknown objective of a prediction", "evaluate", "--run", "RUN", "--data", "generated", "--prediction-objective", "logit")]
    [InlineData("descending shares", "evaluate", "--run", "RUN", "--data", "generated", "--percent", "20,10")]
    [InlineData("nothing but noise", "evaluate", "--run", "RUN", "--data", "generated", "--label-noise", "100")]
    [InlineData("unknown experiment", "experiment", "alchemy", "--run", "RUN", "--data", "generated")]
    [InlineData("an experiment on nothing", "experiment", "clusters", "--run", "RUN")]
    [InlineData("methods where there are none to choose", "experiment", "reverse-vs-forward", "--run", "RUN", "--data", "generated",
        "--methods", "head")]
    public void Bad_usage_is_2(string what, params string[] arguments) => Expect(ExitCode.BadUsage, what, "", arguments);

    [Theory]
    [InlineData("no such data", "no such folder", "train", "--run", "RUN", "--data", "/nowhere")]
    [InlineData("bad generated data", "clases", "train", "--run", "RUN", "--data", "generated:clases=3")]
    [InlineData("more images than there are", "at least 1000", "train", "--run", "RUN", "--data", "generated", "--train-per-class", "1000")]
    [InlineData("too deep for the images", "network", "train", "--run", "RUN", "--data", "generated:size=8", "--depth", "9")]
    [InlineData("no such groups file", "groups.csv", "attribute", "--run", "RUN", "--data", "generated", "--groups", "/nowhere/groups.csv")]
    [InlineData("no such group", "unlearning.groups", "unlearn", "--run", "RUN", "--data", "generated", "--remove", "99")]
    [InlineData("no such class", "class 7", "attribute", "--run", "RUN", "--data", "generated", "--objectives", "loss:class=7")]
    [InlineData("more halves than there are", "evaluation.subsets", "evaluate", "--run", "RUN", "--data", "generated:classes=2,per-class=8",
        "--clusters", "2", "--subsets", "7")]
    [InlineData("more subsets than there are", "at most 16", "evaluate", "--run", "RUN", "--data", "generated:classes=2,per-class=8",
        "--clusters", "2", "--subsets", "17", "--methods", "head", "--subsets-of", "samples", "--keep", "0.99")]
    [InlineData("more predictions than there are", "evaluation.predictions", "evaluate", "--run", "RUN", "--data",
        "generated:classes=2,test-per-class=2", "--metrics", "brittleness", "--predictions", "5")]
    [InlineData("no such target", "model.safetensors", "train", "--run", "RUN", "--data", "generated", "--target",
        "/nowhere/model.safetensors")]
    [InlineData("no such set", "fashion-mnist", "data", "fetch", "fashion")]
    [InlineData("no such mirror", "no such folder", "data", "fetch", "mnist", "--mirror", "/nowhere", "--to", "RUN")]
    [InlineData("no data to verify", "no such folder", "data", "verify", "/nowhere")]
    [InlineData("no run to export", "run.json", "export", "--run", "RUN", "--csv", "effects.csv")]
    [InlineData("no such job", "job.json", "run", "/nowhere/job.json", "--run", "RUN")]
    public void Bad_input_is_3(string what, string says, params string[] arguments) => Expect(ExitCode.BadInput, what, says, arguments);

    [Fact]
    public void A_bad_job_file_is_3_and_named_with_field_and_line()
    {
        string job = files.PathOf("bad.json");
        File.WriteAllText(job, Ddm.TinyJob.Replace("\"epochs\": 3", "\"epochs\": -3", StringComparison.Ordinal));

        Ddm.Result result = Expect(ExitCode.BadInput, "bad job", "$.training.epochs, line 4", "run", job, "--run", "RUN");

        Assert.Contains("bad.json", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_device_is_4()
    => Expect(ExitCode.DeviceTrouble, "device", "unknown device 'tpu'", "train", "--run", "RUN", "--data", "generated", "--device", "tpu");

    [Theory]
    [InlineData("cuda:0,x", "unknown device 'cuda:0,x'; expected cpu, cuda, cuda:N, cuda:N,M or cuda:all")]
    [InlineData("cuda:", "unknown device 'cuda:'")]
    [InlineData("cuda:1,1", "cuda:1 is listed twice")]
    public void Devices_that_are_wrongly_named_together_are_4(string device, string says)
        => Expect(ExitCode.DeviceTrouble, "device", says, "train", "--run", "RUN", "--data", "generated", "--device", device);

    [Fact]
    public void A_cuda_device_that_is_not_there_is_4()
    => Expect(ExitCode.DeviceTrouble, "device", "cuda", "train", "--run", "RUN", "--data", "generated", "--device", "cuda:4096");

    [SkippableFact]
    public void A_family_that_was_not_built_in_is_4_and_the_message_says_how_to_build_it()
    {
        Skip.If(DeviceFamilies.BuiltIn.Any(built => built.Name == "managedcuda"), "this build has managedcuda");

        Ddm.Result result = Expect(
            ExitCode.DeviceTrouble, "device", "Build it with -p:GpuPackages=managedcuda",
            "train", "--run", "RUN", "--data", "generated", "--device", "managedcuda");

        Assert.Contains("without managedcuda", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ilgpu_device_that_is_not_there_is_4_and_the_message_names_those_there_are()
        => Expect(ExitCode.DeviceTrouble, "device", "ilgpu:cpu", "train", "--run", "RUN", "--data", "generated", "--device", "ilgpu:cpu:7");

    [Fact]
    public void A_precision_that_the_cpu_has_not_is_2()
        => Expect(ExitCode.BadUsage, "precision", "--precision: found tf32, expected fp32", "train", "--run", "RUN", "--data", "generated",
            "--precision", "tf32");

    [Fact]
    public void Help_and_version_are_0_and_go_to_standard_output()
    {
        Assert.StartsWith("ddm ", Ddm.Run("--version").Output, StringComparison.Ordinal);
        Ddm.Result help = Ddm.Run("--help");
        Assert.Equal(ExitCode.Done, help.Code);
        Assert.Contains("attribute", help.Output, StringComparison.Ordinal);
        Assert.Equal(help, Ddm.Run());
    }

    [Fact]
    public void A_method_that_needs_more_memory_than_it_may_have_is_5_and_says_what_to_do()
    {
        Ddm.Result result = Ddm.Run("attribute", "--run", files.PathOf("memory"), "--data",
            "generated:classes=2,per-class=6,test-per-class=3,size=8,clusters=1", "--clusters", "1",
            "--method", "grad-dot", "--memory", "0.5");

        Assert.Equal(ExitCode.OutOfMemory, result.Code);
        Assert.Contains("Method 'grad-dot' needs", result.Error, StringComparison.Ordinal);
        Assert.Contains("Lower --wave", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Methods_are_listed_without_a_run()
    {
        Ddm.Result result = Ddm.Run("attribute", "--list-methods");

        Assert.Equal(ExitCode.Done, result.Code);
        Assert.Contains("grad-dot", result.Output, StringComparison.Ordinal);
        Assert.Contains("settings: images=2, steps=0", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_in_the_docs_has_every_code_and_no_other()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "DdmNative.sln")))
            folder = Path.GetDirectoryName(folder)!;
        IEnumerable<string> rows = File.ReadLines(Path.Combine(folder, "docs", "formats.md"))
            .SkipWhile(line => line != "| code | kind | meaning |").Skip(2).TakeWhile(line => line.StartsWith('|'));

        Assert.Equal(
            Enumerable.Range(ExitCode.Done, ExitCode.DiskTrouble + 1)
            .Select(code => (code, code == ExitCode.Done ? "" : $"`{new Output.Failure(code, "").Kind}`")),
            rows.Select(row => row.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (int.Parse(cells[1], System.Globalization.CultureInfo.InvariantCulture), cells[2])));
    }

    [Fact]
    public void Every_kind_of_exception_has_its_code()
    {
        Assert.Equal(ExitCode.BadUsage, Output.Failure.From(new BadUsageException("")).Code);
        Assert.Equal(ExitCode.DiskTrouble, Output.Failure.From(new IOException("")).Code);
        Assert.Equal(ExitCode.DiskTrouble, Output.Failure.From(new UnauthorizedAccessException("")).Code);
        Assert.Equal(ExitCode.DeviceTrouble, Output.Failure.From(new DeviceException("")).Code);
        Assert.Equal(ExitCode.OutOfMemory, Output.Failure.From(new InsufficientMemoryException()).Code);
        Assert.Equal(ExitCode.Interrupted, Output.Failure.From(new OperationCanceledException()).Code);
        var fault = Output.Failure.From(new InvalidOperationException("what nobody thought of"));
        Assert.Equal((ExitCode.InternalFault, "internal_fault"), (fault.Code, fault.Kind));
        Assert.Contains("please report it", fault.Message, StringComparison.Ordinal);
        Assert.Contains("what nobody thought of", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_files_that_cannot_be_read_are_3()
    {
        Expect(ExitCode.BadInput, "a folder", files.Root, "run", files.Root, "--run", "RUN");
        string empty = files.PathOf("empty.json");
        File.WriteAllText(empty, "");
        Expect(ExitCode.BadInput, "an empty file", "empty.json", "run", empty, "--run", "RUN");
    }

    /// <summary>One line on standard error, nothing on standard output, and no run folder that was not there.</summary>
    private Ddm.Result Expect(int code, string what, string says, params string[] arguments)
    {
        string run = files.PathOf("none-" + Path.GetRandomFileName());

        Ddm.Result result = Ddm.Run([.. arguments.Select(argument => argument == "RUN" ? run : argument)]);

        Assert.True(result.Code == code, $"{what}: exit code {result.Code}, {result.Error}");
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.False(Directory.Exists(run), what);
        return result;
    }
}
