using DdmNative.Attribution.Networks;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>
/// A small network with E members of seeded parameters, images, label vectors (no probabilities: entries of both signs) and weights (one of
/// them zero).
/// </summary>
internal sealed class NetworkCase
{
    private NetworkCase(Network network, int members, int samples, ulong seed)
    {
        (Network, Members, Samples) = (network, members, samples);
        Parameters = Rows(e => [
            .. network.Initialise(seed, (uint)e).Zip(Normal(seed, 100 + (uint)e, network.ParameterCount), (a, b) => a + 0.1f * b)]);
        Images = Rows(e => Normal(seed, 200 + (uint)e, samples * network.Input.Length));
        Labels = Rows(e => [.. Normal(seed, 300 + (uint)e, samples * network.Classes)
            .Select((value, i) => 0.5f * value + (i % network.Classes == i / network.Classes % network.Classes ? 1 : 0))]);
        Weights = Rows(e => [.. Enumerable.Range(0, samples)
            .Select(n => n == 1 && e == 1 ? 0 : 0.2f + Philox.Uniform(seed, 400 + (uint)e, (ulong)n))]);
        Directions = Rows(e => Normal(seed, 500 + (uint)e, network.ParameterCount));
        foreach (ParameterTensor constant in network.Parameters.Where(parameter => !parameter.IsTrained))
        {
            foreach (float[] direction in Directions)
                direction.AsSpan(constant.Offset, constant.Length).Clear();
        }
    }

    /// <summary>
    /// A small network of each architecture, and of each option that changes layers. Images have odd sides, so that pooling drops a row or
    /// a column.
    /// </summary>
    private static readonly Dictionary<string, NetworkOptions> Cases = new()
    {
        ["convnet"] = new NetworkOptions("convnet", 5, 2, new ImageShape(2, 9, 7), 4),
        ["convnet, gelu"] = new NetworkOptions("convnet", 4, 1, new ImageShape(1, 5, 7), 3) { Activation = Activation.Gelu },
        ["mlp"] = new NetworkOptions("mlp", 11, 2, new ImageShape(2, 5, 3), 4),
        ["mlp, hidden"] = new NetworkOptions("mlp", 0, 0, new ImageShape(1, 4, 3), 3) { Hidden = [9, 5], Dropout = 0.3f },
        ["lenet"] = new NetworkOptions("lenet", 0, 0, new ImageShape(1, 13, 12), 3),
        ["resnet9"] = new NetworkOptions("resnet9", 2, 0, new ImageShape(2, 12, 11), 4),
        ["resnet9, group norm"] = new NetworkOptions("resnet9", 3, 0, new ImageShape(1, 11, 12), 3) { Norm = NormKind.Group },
        ["resnet18"] = new NetworkOptions("resnet18", 2, 0, new ImageShape(2, 9, 8), 3),
        ["resnet18-imagenet"] = new NetworkOptions("resnet18-imagenet", 2, 0, new ImageShape(1, 33, 31), 3),
        ["vgg11"] = new NetworkOptions("vgg11", 1, 0, new ImageShape(1, 32, 33), 3),
        ["alexnet"] = new NetworkOptions("alexnet", 2, 0, new ImageShape(1, 9, 8), 3),
        ["logistic"] = new NetworkOptions("logistic", 0, 0, new ImageShape(2, 5, 3), 4),
    };

    /// <summary>The names of all cases.</summary>
    public static TheoryData<string> Names
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (string name in Cases.Keys)
                names.Add(name);
            return names;
        }
    }

    /// <summary>The architectures that have a case.</summary>
    public static IEnumerable<string> Architectures => Cases.Values.Select(options => options.Architecture).Distinct();

    public Network Network { get; }

    public int Members { get; }

    public int Samples { get; }

    public float[][] Parameters { get; }

    public float[][] Images { get; }

    public float[][] Labels { get; }

    public float[][] Weights { get; }

    /// <summary>A direction in parameter space for each member.</summary>
    public float[][] Directions { get; }

    public ReferenceNetwork Reference => new(Network);

    public TensorShape ImagesShape => Network.Input.For(Members, Samples);

    public TensorShape LabelsShape => new(Members, Samples, Network.Classes);

    public TensorShape WeightsShape => new(Members, Samples, 1);

    public TensorShape VectorShape => TensorShape.Vector(Members, Network.ParameterCount);

    /// <summary>The case of that name.</summary>
    public static NetworkCase Create(string name, int members = 3, int samples = 3, ulong seed = 7)
        => new(Network.Create(Cases[name]), members, samples, seed);

    /// <summary>Seeded normal numbers (Box–Muller).</summary>
    public static float[] Normal(ulong seed, uint stream, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - Philox.Uniform(seed, stream, 2 * (ulong)i)));
            values[i] = (float)(radius * Math.Cos(2 * Math.PI * Philox.Uniform(seed, stream, 2 * (ulong)i + 1)));
        }
        return values;
    }

    public static float[] Joined(float[][] rows) => [.. rows.SelectMany(row => row)];

    public static double[] Doubles(float[] values) => [.. values.Select(value => (double)value)];

    private float[][] Rows(Func<int, float[]> row) => [.. Enumerable.Range(0, Members).Select(row)];
}
