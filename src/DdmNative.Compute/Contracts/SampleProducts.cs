using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Contracts;

/// <summary>
/// Asks a layer's gradient kernel to compute also what each sample contributes along given directions, ⟨G_n, V_d⟩, where the gradient is G
/// = Σₙ G_n. No G_n is ever stored (ghost products; Wang et al., "Data Shapley in one training run", ICLR 2025).
/// </summary>
/// <param name="WeightDirections">The directions of the layer's weight (a filter bank, a matrix, a norm's scale): a slice of vectors [E or
/// 1, D, P, 1, 1], one sample of the tensor for each direction.</param>
/// <param name="BiasDirections">The directions of its bias or shift; null for a layer without a bias.</param>
/// <param name="Products">[E, N, columns, 1, 1], of which columns <paramref name="Column"/> … + D − 1 are assigned and the others
/// unchanged, so that the layers of a network can share one tensor.</param>
/// <param name="Column">The first of the D columns.</param>
/// <remarks>For devices with <see cref="Device.HasSampleProducts"/>.</remarks>
public readonly record struct SampleProducts(Slice WeightDirections, Slice? BiasDirections, Tensor Products, int Column)
{
    /// <summary>D.</summary>
    public int Count => WeightDirections.Vector.Shape.Samples;

    /// <param name="members">E of the call.</param>
    /// <param name="samples">N of the call.</param>
    /// <param name="weights">Parameters of the weight.</param>
    /// <param name="biases">Parameters of the bias; null for a call without one.</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit, or there are directions for a bias that the call does not have,
    /// or none for one that it has.</exception>
    internal void Require(int members, int samples, int weights, int? biases)
    {
        Operands.Require(WeightDirections, members, weights);
        RequireBias(BiasDirections, members, biases);
        RequireColumns(Products, members, samples);
    }

    private void RequireColumns(Tensor tensor, int members, int samples, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        TensorShape shape = tensor.Shape;
        if (shape.Members != members || shape.Samples != samples || shape.SampleLength != shape.Channels || Column < 0
            || Column + Count > shape.Channels)
            throw new ArgumentException(
                $"{name} has shape {shape}; expected [{members}, {samples}, {Column + Count} or more, 1, 1] for columns {Column} to "
                + $"{Column + Count - 1}.", name);
    }

    internal static NotSupportedException Unsupported()
        => new($"This device does not compute sample products; check {nameof(Device)}.{nameof(Device.HasSampleProducts)} first.");

    private void RequireBias(Slice? slice, int members, int? biases, [CallerArgumentExpression(nameof(slice))] string name = "")
    {
        if (slice is null != biases is null)
            throw new ArgumentException(
                $"{name} is {(slice is null ? "missing" : "given")}, and the call has {(biases is null ? "no" : "a")} bias; expected both "
                + "or neither.", name);
        if (slice is not Slice directions || biases is not int length)
            return;
        Operands.Require(directions, members, length, name);
        if (directions.Vector.Shape.Samples != Count)
            throw new ArgumentException(
                $"{name} has {directions.Vector.Shape.Samples} directions; expected {Count}, as many as {nameof(WeightDirections)}.", name);
    }
}
