using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Checkpoints;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Runs.Tests.Checkpoints;

/// <summary>Networks from PyTorch (tests/golden/checkpoints.py) and to it: the same logits on both sides.</summary>
public sealed class CheckpointFileTests : IDisposable
{
    /// <summary>Relative to the largest logit: float32's own error on networks of this size.</summary>
    private const double Accuracy = 1e-5;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sequential", "convnet", 4, 2)]
    [InlineData("features", "convnet", 5, 2)]
    [InlineData("parallel", "convnet", 3, 1)]
    [InlineData("mlp", "mlp", 6, 2)]
    [InlineData("lenet", "lenet", null, null)]
    [InlineData("batch_norm", "convnet", 3, 1, "batch")]
    [InlineData("resnet9", "resnet9", 3, null)]
    [InlineData("resnet18", "resnet18", 2, null)]
    [InlineData("torchvision", "resnet18-imagenet", 2, null)]
    [InlineData("vgg11", "vgg11", 2, null)]
    [InlineData("alexnet", "alexnet", 4, null)]
    [InlineData("logistic", "logistic", null, null)]
    public void A_network_from_PyTorch_is_recognised_and_answers_as_it_did_there(string name, string architecture, int? width, int? depth,
        string? norm = null)
    {
        SafetensorsContents answers = Safetensors.Read(Golden("checkpoint_answers.safetensors"));
        NamedTensor images = answers.Tensor(name + ".x", -1, -1, -1, -1), logits = answers.Tensor(name + ".logits", -1, -1);

        var file = CheckpointFile.Read(Golden($"checkpoint_{name}.safetensors"), null);

        Assert.Equal(new JobNetwork { Architecture = architecture, Width = width, Depth = depth, Norm = norm }, file.Network());
        var network = Network.Create(
            file.Network().OptionsFor(new ImageShape(images.Shape[1], images.Shape[2], images.Shape[3]), logits.Shape[1]));
        AssertClose(logits.Data, Logits(network, file.Parameters(network), images));
    }

    [SkippableFact]
    public void Networks_go_to_PyTorch_and_come_back_with_the_same_logits()
    {
        var network = Network.Create(new NetworkOptions("convnet", 6, 2, new ImageShape(2, 10, 10), 3));
        float[] ours = network.Initialise(7);
        var images = new NamedTensor("x", [6, 2, 10, 10], [.. Enumerable.Range(0, 1200).Select(i => MathF.Sin(i * 0.7f))]);
        ParameterFile.Write(_folder.File("ours.safetensors"), network, ours, new Dictionary<string, string> { ["mean"] = "0" });
        Safetensors.Write(_folder.File("x.safetensors"), [images]);

        RunPyTorch("pytorch_roundtrip.py", _folder.ToString());

        SafetensorsContents answers = Safetensors.Read(_folder.File("answers.safetensors"));
        AssertClose(answers.Tensor("ours", 6, 3).Data, Logits(network, ours, images));
        var theirs = CheckpointFile.Read(_folder.File("theirs.safetensors"), null);
        Assert.Equal(new JobNetwork { Width = 6, Depth = 2 }, theirs.Network());
        AssertClose(answers.Tensor("theirs", 6, 3).Data, Logits(network, theirs.Parameters(network), images));
    }

    [Fact]
    public void Names_of_ones_own_are_taken_by_a_map()
    {
        string renamed = Rename(tensor => tensor.Replace('.', '/'));
        var names = CheckpointFile.Read(Golden("checkpoint_sequential.safetensors"), null);
        string[] modules = ["0/blocks.0.conv", "1/blocks.0.norm", "4/blocks.1.conv", "5/blocks.1.norm", "9/head"],
            leaves = ["weight", "bias"];
        string map = Map("{" + string.Join(",",
            modules.Select(module => module.Split('/'))
            .SelectMany(pair => leaves.Select(leaf => $"\"{pair[0]}/{leaf}\": \"{pair[1]}.{leaf}\""))) + "}");
        Network network = Network.Create(new NetworkOptions("convnet", 4, 2, new ImageShape(1, 8, 8), 3));

        Assert.Equal(names.Parameters(network), CheckpointFile.Read(renamed, NameMap.Read(map)).Parameters(network));
        Assert.Contains("--name-map", Assert.Throws<BadInputException>(() => CheckpointFile.Read(renamed, null).Network()).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("U8", 1)]
    [InlineData("BOOL", 1)]
    [InlineData("F8_E4M3", 1)]
    [InlineData("I64", 8)]
    [InlineData("F32", 4)]
    public void A_tensor_that_the_map_leaves_out_may_be_of_any_type_and_hold_anything(string type, int bytes)
    {
        string whole = Golden("checkpoint_sequential.safetensors"), path = WithFirst(whole, "mask", type, bytes, out byte[] file);
        var map = NameMap.Read(Map("""{ "mask": null }"""));
        Network network = Network.Create(new NetworkOptions("convnet", 4, 2, new ImageShape(1, 8, 8), 3));

        Assert.Equal(CheckpointFile.Read(whole, null).Parameters(network),
            CheckpointFile.Read(path, NameMap.Read(Map(Renamed("\"mask\": null")))).Parameters(network));

        // Its place in the file still has to be right.
        File.WriteAllBytes(path, file[..^1]);
        Assert.Throws<BadInputException>(() => CheckpointFile.Read(path, map));
    }

    [Theory]
    [InlineData("""{ "nowhere": "head.weight" }""", "nowhere")]
    [InlineData("""{ "0.weight": "head.weight", "9.weight": "head.weight" }""", "0.weight and 9.weight")]
    [InlineData("""{ "0.weight": 3 }""", "not a JSON object of strings")]
    [InlineData("null", "null")]
    [InlineData("[1]", "not a JSON object of strings")]
    public void A_wrong_map_is_refused(string json, string says)
        => Assert.Contains(says,
            Assert.Throws<BadInputException>(
            () => CheckpointFile.Read(Golden("checkpoint_sequential.safetensors"), NameMap.Read(Map(json)))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void All_that_is_wrong_with_a_file_is_said_at_once_in_its_own_names()
    {
        string bad = Change(tensors =>
            [.. tensors.Where(tensor => tensor.Name != "1.bias")
            .Select(tensor => tensor.Name == "9.weight" ? tensor with { Shape = [4, 12] } : tensor)]);
        var file = CheckpointFile.Read(bad, null);
        Network network = Network.Create(new NetworkOptions("convnet", 4, 2, new ImageShape(1, 8, 8), 3));

        string message = Assert.Throws<BadInputException>(() => file.Parameters(network)).Message;

        Assert.Contains("missing: blocks.0.norm.bias [4]", message, StringComparison.Ordinal);
        Assert.Contains("9.weight (head.weight) [4, 12], not [3, 16]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Modules_that_make_no_known_network_are_listed()
    {
        string bad = Change(tensors => [.. tensors.Where(tensor => !tensor.Name.StartsWith("5.", StringComparison.Ordinal))]);

        Assert.Contains("4 (convolution), 9 (linear)", Assert.Throws<BadInputException>(() => CheckpointFile.Read(bad, null)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet9", "resnet9", 12)]
    [InlineData("torchvision", "resnet18-imagenet", 32)]
    public void The_counters_of_batch_norms_are_ignored(string name, string architecture, int side)
    {
        string golden = Golden($"checkpoint_{name}.safetensors");
        SafetensorsContents contents = Safetensors.Read(golden);
        string[] counters = [.. contents.Integers.Select(counter => counter.Name)];
        Assert.NotEmpty(counters);
        Assert.All(counters, counter => Assert.EndsWith(".num_batches_tracked", counter, StringComparison.Ordinal));
        var file = CheckpointFile.Read(golden, null);
        Assert.Equal(architecture, file.Network().Architecture);
        var network = Network.Create(file.Network().OptionsFor(new ImageShape(3, side, side), 4));

        // Without them, and with counters that were converted together with the weights.
        string changed = _folder.File("changed.safetensors");
        foreach (string[] kept in (string[][])[[], counters])
        {
            Safetensors.Write(changed, [.. contents.Tensors, .. kept.Select(counter => new NamedTensor(counter, [], [3]))]);
            var other = CheckpointFile.Read(changed, null);
            Assert.Equal(file.Network(), other.Network());
            Assert.Equal(file.Parameters(network), other.Parameters(network));
        }
    }

    [Fact]
    public void A_batch_norm_where_no_network_has_one_is_named()
    {
        string bad = Change(tensors => [.. tensors, new NamedTensor("1.running_mean", [4], new float[4])]);

        Assert.Contains("1 (batch norm)", Assert.Throws<BadInputException>(() => CheckpointFile.Read(bad, null)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.pt", "PK\u0003\u0004 and so on", "a zip")]
    [InlineData("model.pth", "\u0080\u0002 and so on", "a pickle")]
    public void PyTorchs_own_files_are_refused_with_what_to_do(string name, string contents, string says)
    {
        string path = _folder.Write(name, Encoding.Latin1.GetBytes(contents));

        string message = Assert.Throws<BadInputException>(() => CheckpointFile.Read(path, null)).Message;

        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.Contains("save_file", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_checkpoints_are_read_or_refused()
    {
        Network network = Network.Create(new NetworkOptions("convnet", 3, 1, new ImageShape(1, 8, 8), 3));
        string path = _folder.File("mutated.safetensors");

        Fuzz.Run(File.ReadAllBytes(Golden("checkpoint_parallel.safetensors")), bytes =>
        {
            File.WriteAllBytes(path, bytes);
            var file = CheckpointFile.Read(path, null);
            _ = file.Network();
            Assert.Equal(network.ParameterCount, file.Parameters(network).Length);
        });
    }

    internal static string Golden(string name) => Path.Combine(GoldenFolder(), name);

    private static string GoldenFolder([CallerFilePath] string thisFile = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "golden"));

    private static float[] Logits(Network network, float[] parameters, NamedTensor images)
    {
        using var device = new CpuDevice(1);
        using var evaluator = new ModelEvaluator(device, network, images.Data, images.Shape[0]);
        return evaluator.Logits(parameters, 1);
    }

    private static void AssertClose(float[] expected, float[] found)
    {
        double largest = expected.Max(Math.Abs);
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, Accuracy * largest));
    }

    /// <summary>A map of the golden checkpoint's names, with one more entry.</summary>
    private static string Renamed(string more)
    {
        string[] modules = ["0/blocks.0.conv", "1/blocks.0.norm", "4/blocks.1.conv", "5/blocks.1.norm", "9/head"],
            leaves = ["weight", "bias"];
        return "{" + string.Join(",",
            modules.Select(module => module.Split('/'))
            .SelectMany(pair => leaves.Select(leaf => $"\"{pair[0]}.{leaf}\": \"{pair[1]}.{leaf}\"")).Append(more)) + "}";
    }

    /// <summary>A copy of a safetensors file with a tensor of eight elements, all bits set, after the others.</summary>
    private string WithFirst(string from, string name, string type, int bytes, out byte[] file)
    {
        byte[] whole = File.ReadAllBytes(from);
        int length = (int)BitConverter.ToInt64(whole), data = whole.Length - 8 - length;
        string header = Encoding.UTF8.GetString(whole, 8, length).TrimEnd()[..^1]
            + $",\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[8],\"data_offsets\":[{data},{data + 8 * bytes}]}}}}";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        file = [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. whole.AsSpan(8 + length),
            .. Enumerable.Repeat((byte)0xFF, 8 * bytes)];
        return _folder.Write("with.safetensors", file);
    }

    private string Map(string json) => _folder.Write("map.json", Encoding.UTF8.GetBytes(json));

    private string Rename(Func<string, string> name)
        => Change(tensors => [.. tensors.Select(tensor => tensor with { Name = name(tensor.Name) })]);

    private string Change(Func<IReadOnlyList<NamedTensor>, NamedTensor[]> change)
    {
        string path = _folder.File("changed.safetensors");
        Safetensors.Write(path, change(Safetensors.Read(Golden("checkpoint_sequential.safetensors")).Tensors));
        return path;
    }

    /// <summary>Runs a script of tests/golden, or skips the test where there is no PyTorch.</summary>
    private static void RunPyTorch(string script, string argument)
    {
        const string python = "/usr/bin/python3";
        Skip.IfNot(File.Exists(python), python + " is not there");
        var start = new ProcessStartInfo(python) { RedirectStandardError = true, ArgumentList = { "-B", Golden(script), argument } };
        // They choose other BLAS kernels than PyTorch would by itself.
        start.Environment.Remove("OPENBLAS_CORETYPE");
        start.Environment.Remove("OPENBLAS_L2_SIZE");
        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Skip.If(errors.Contains("No module named 'torch'", StringComparison.Ordinal)
            || errors.Contains("No module named 'numpy'", StringComparison.Ordinal), "Debian's python3-torch is not installed");
        Assert.True(process.ExitCode == 0, errors);
    }
}
