using System.Globalization;
using System.Runtime.CompilerServices;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>One file of <c>tests/golden</c> (its README says what is in it) and the network it is about.</summary>
internal sealed class GoldenCase
{
    private readonly SafetensorsContents _contents;

    private GoldenCase(SafetensorsContents contents)
    {
        this._contents = contents;
        var image = new ImageShape(Number("channels"), Number("height"), Number("width_px"));
        string architecture = contents.Metadata["architecture"];
        int NumberOrZero(string key) => contents.Metadata.ContainsKey(key) ? Number(key) : 0;
        Network = Network.Create(new NetworkOptions(architecture, NumberOrZero("width"), NumberOrZero("depth"), image, Number("classes"))
        {
            Hidden = contents.Metadata.TryGetValue("hidden", out string? hidden)
                ? [.. hidden.Split(',').Select(width => int.Parse(width, CultureInfo.InvariantCulture))] : null,
            Norm = contents.Metadata.TryGetValue("norm", out string? norm) ? Enum.Parse<NormKind>(norm, ignoreCase: true) : null,
            Activation = contents.Metadata.GetValueOrDefault("activation") == "gelu" ? Activation.Gelu : Activation.Relu,
        });
        IsTraining = contents.Metadata.GetValueOrDefault("training") == "true";
    }

    public Network Network { get; }

    /// <summary>Whether the file is of the form that uses the statistics of the batch.</summary>
    public bool IsTraining { get; }

    public static GoldenCase Read(string name) => new(Safetensors.Read(Path.Combine(Folder(), name + ".safetensors")));

    public float[] Tensor(string name) => _contents.Tensors.Single(t => t.Name == name).Data;

    public int[] Integers(string name) => [.. _contents.Integers.Single(t => t.Name == name).Data.Select(value => checked((int)value))];

    /// <summary>Samples along the first axis of a tensor.</summary>
    public int Count(string name) => _contents.Tensors.Single(t => t.Name == name).Shape[0];

    /// <summary>The tensors <c>PREFIX.NAME</c> as one vector in the network's order.</summary>
    public float[] Vector(string prefix)
        => Network.FromNamedTensors(_contents.File,
            [.. _contents.Tensors.Where(t => t.Name.StartsWith(prefix + ".", StringComparison.Ordinal))
            .Select(t => t with { Name = t.Name[(prefix.Length + 1)..] })]);

    /// <summary>The tensors <c>PREFIX.NAME</c> [G, …] as one vector per group.</summary>
    public float[] Vectors(string prefix, int groups)
    {
        var values = new float[groups * Network.ParameterCount];
        foreach (ParameterTensor parameter in Network.Parameters)
        {
            float[] all = Tensor($"{prefix}.{parameter.Name}");
            for (int g = 0; g < groups; g++)
                all.AsSpan(g * parameter.Length, parameter.Length).CopyTo(values.AsSpan(g * Network.ParameterCount + parameter.Offset));
        }
        return values;
    }

    private int Number(string key) => int.Parse(_contents.Metadata[key], CultureInfo.InvariantCulture);

    private static string Folder([CallerFilePath] string thisFile = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "golden"));
}
