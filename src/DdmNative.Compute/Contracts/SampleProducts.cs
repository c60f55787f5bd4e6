using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Contracts;

/// <summary>
/// Asks a layer's gradient kernel to compute also what each sample contributes along given directions, ⟨G_n, V_d⟩, where the gradient is G
/// = Σₙ G_n. No G_n is ever stored (ghost products; Wang et al., "Data Shapley in one training run", ICLR 2025).
/// </summary>
/// <param name="WeightDirections">The directions of the layer's weight (a filter bank, a matrix, a norm's scale): a slice of vectors [E or
/// 1, D, P, 1, 1], one sample of the tensor for each direction.</param>
/// <param name="BiasDirections">The directions of its bias or shift.</param>
/// <param name="Products">[E, N, columns, 1, 1], of which columns <paramref name="Column"/> … + D − 1 are assigned and the others
/// unchanged, so that the layers of a network can share one tensor.</param>
/// <param name="Column">The first of the D columns.</param>
/// <remarks>For devices with <see cref="Device.HasSampleProducts"/>.</remarks>
public readonly record struct SampleProducts(Slice WeightDirections, Slice BiasDirections, Tensor Products, int Column)
{
    /// <summary>D.</summary>
    public int Count => WeightDirections.Vector.Shape.Samples;

    /// <exception cref="ArgumentException">An operand's shape does not fit.</exception>
    internal void Require(int members, int samples, int weights, int biases)
    {
        Operands.Require(WeightDirections, members, weights);
        Operands.Require(BiasDirections, members, biases);
        RequireDirections(BiasDirections);
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

    private void RequireDirections(Slice slice, [CallerArgumentExpression(nameof(slice))] string name = "")
    {
        if (slice.Vector.Shape.Samples != Count)
            throw new ArgumentException(
                $"{name} has {slice.Vector.Shape.Samples} directions; expected {Count}, as many as {nameof(WeightDirections)}.", name);
    }
}
