using System.Globalization;

namespace DdmNative.Attribution.Networks;

/// <summary>The options that determine a network's layers. Stored in <c>run.json</c>.</summary>
/// <param name="Architecture">One of <see cref="NetworkRegistry.Names"/>.</param>
/// <param name="Width">Channels of the first convolution or of every block, or units of every hidden layer; ignored by networks of fixed
/// size.</param>
/// <param name="Depth">Blocks (convnet) or hidden layers (mlp); ignored by the others.</param>
/// <param name="Input">The shape of the images.</param>
/// <param name="Classes">K: the number of logits.</param>
public sealed record NetworkOptions(string Architecture, int Width, int Depth, ImageShape Input, int Classes)
{
    /// <summary>The units of each hidden layer of an MLP, instead of <see cref="Width"/> and <see cref="Depth"/>; null for these.</summary>
    public IReadOnlyList<int>? Hidden { get; init; }

    /// <summary>The probability that a hidden unit of an MLP is dropped in training.</summary>
    public float Dropout { get; init; }

    /// <summary>The nonlinearity.</summary>
    public Activation Activation { get; init; }

    /// <summary>The normalisation of the convolutions; null for the architecture's usual one.</summary>
    public NormKind? Norm { get; init; }

    /// <summary>
    /// The network of the dataset-condensation literature: by default of width 128 and depth 3; depth 4 for 64×64 images.
    /// </summary>
    public static NetworkOptions ConvNet(ImageShape input, int classes, int width = 128, int depth = 3)
        => new(Networks.ConvNet.Name, width, depth, input, classes);

    /// <summary>The network in words: <c>convnet of width 32 and depth 3</c>.</summary>
    public string Describe()
    {
        NetworkDescription? network = NetworkRegistry.Find(Architecture);
        string[] parts =
        [
            .. Hidden is null ? (string[])[] : [$"hidden layers of {string.Join(", ", Hidden)}"],
            .. Hidden is null && network?.StandardWidth is not null ? (string[])[$"width {Width}"] : [],
            .. Hidden is null && network?.StandardDepth is not null ? (string[])[$"depth {Depth}"] : [],
            .. Dropout > 0 ? (string[])[string.Create(CultureInfo.InvariantCulture, $"dropout {Dropout}")] : [],
            .. Activation == Activation.Relu ? (string[])[] : ["GELU"],
            .. Norm is NormKind norm ? (string[])[$"{norm.ToString().ToLowerInvariant()} norm"] : [],
        ];
        return parts.Length == 0 ? Architecture : $"{Architecture} of {string.Join(" and ", parts)}";
    }

    /// <summary>Compares values: the generated equality compares lists by reference.</summary>
    public bool Equals(NetworkOptions? other)
        => other is not null && (Architecture, Width, Depth, Input, Classes, Dropout, Activation, Norm)
            == (other.Architecture, other.Width, other.Depth, other.Input, other.Classes, other.Dropout, other.Activation, other.Norm)
            && (Hidden ?? []).SequenceEqual(other.Hidden ?? []);

    public override int GetHashCode() => HashCode.Combine(Architecture, Width, Depth, Input, Classes, string.Join(',', Hidden ?? []));
}
