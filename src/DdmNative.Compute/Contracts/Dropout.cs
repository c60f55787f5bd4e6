namespace DdmNative.Compute.Contracts;

/// <summary>
/// Inverted dropout (Srivastava et al. 2014), y = x·m/(1 − rate) with a mask m of zeros and ones. The mask is a function of (seed, layer,
/// sample, step, element) only: a sample has the same mask in every model, at every position of a batch, and on every backend. The map is
/// linear, so one call serves the forward pass, the cotangents and the tangents of both.
/// </summary>
/// <remarks>
/// Random numbers are <see cref="Philox"/>'s. The key is the seed; the counter's four words are (block, sample, step, layer + 1), where
/// block = (⌊c/4⌋·H + h)·W + w for element (c, h, w). The call returns four words, for the channels 4⌊c/4⌋ to 4⌊c/4⌋ + 3 of a pixel, and
/// m = 0 where the element's word is below ⌊rate·2³²⌋. The last word is never zero, so that no number is one of <see
/// cref="Philox.FillUniform"/>'s.
/// </remarks>
public abstract class Dropout
{
    /// <summary>y = x·m/(1 − rate); rate 0 copies x.</summary>
    /// <param name="rate">The probability that an element is dropped, in [0, 1).</param>
    /// <param name="seed">Philox's key.</param>
    /// <param name="layer">Distinguishes the dropout layers of a network; 0 or more.</param>
    /// <param name="keys">
    /// [E or 1, N, 2, 1, 1]: a sample's number in its data set and the training step, whole numbers below 2²⁴, which are read when the call
    /// runs.
    /// </param>
    /// <param name="x">[E or 1, N, C, H, W].</param>
    /// <param name="y">[E, N, C, H, W]; may be x.</param>
    /// <exception cref="ArgumentException">An operand's shape does not fit; the rate or the layer is outside its range.</exception>
    public void Apply(float rate, ulong seed, int layer, Tensor keys, Tensor x, Tensor y)
    {
        if (!(rate >= 0 && rate < 1))
            throw new ArgumentException($"The rate {rate} is outside [0, 1).", nameof(rate));
        if (layer < 0)
            throw new ArgumentException($"The layer {layer} is negative.", nameof(layer));
        TensorShape shape = y.Shape;
        Operands.Require(keys, shape.Members, shape.Samples, 2, 1, 1);
        Operands.Require(x, shape);
        ApplyCore(rate, seed, layer, keys, x, y);
    }

    protected abstract void ApplyCore(float rate, ulong seed, int layer, Tensor keys, Tensor x, Tensor y);

    /// <summary>⌊rate·2³²⌋: an element whose random word is below this is dropped.</summary>
    protected static uint Threshold(float rate) => (uint)(rate * 4294967296.0);

    /// <summary>1/(1 − rate), the factor of the elements that stay.</summary>
    protected static float Scale(float rate) => (float)(1 / (1.0 - rate));

    /// <summary>The counter's last word.</summary>
    protected static uint LastWord(int layer) => (uint)layer + 1;
}
