using DdmNative.Attribution.Networks;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Training;

/// <summary>
/// The random crops and flips of a training's images: each image is moved by up to <see cref="TrainingOptions.Crop"/> pixels along each
/// axis, with zeros where it leaves a gap (a crop of the padded image), and mirrored with probability ½.
/// </summary>
/// <remarks>
/// A move is a function of (seed, epoch, sample): in an epoch, a sample moves in the same way in every member of an ensemble, in every
/// retraining without other samples, and after an interruption. Zero is the mean pixel, because images are normalised first.
/// </remarks>
internal sealed class ImageMoves(TrainingOptions recipe)
{
    /// <summary>dy, dx, and whether the image is mirrored.</summary>
    public const int PerSample = 3;

    // Separates moves from everything else that is drawn with the same seed.
    private const uint Stream = 0x4D4F5645;

    /// <summary>
    /// Whether a training of this network moves its samples: the recipe says so, and they are images. The input of a <see
    /// cref="Network.Top"/> are activations, and a sample of one place is a vector of features.
    /// </summary>
    public static bool ApplyTo(Network network, TrainingOptions recipe)
        => (recipe.Crop > 0 || recipe.Flip) && network.ParameterOffset == 0 && network.Input == network.Options.Input
            && network.Input.Height * network.Input.Width > 1;

    /// <summary>Fills in dy, dx and 0 or 1 of each sample [B, 3].</summary>
    public void Fill(int epoch, ReadOnlySpan<int> samples, Span<float> moves)
    {
        for (int n = 0; n < samples.Length; n++)
        {
            (uint y, uint x, uint mirror, _) = Philox.Block(recipe.Seed, Stream, ((ulong)epoch << 32) | (uint)samples[n]);
            Span<float> move = moves.Slice(n * PerSample, PerSample);
            (move[0], move[1], move[2]) = (Shift(y), Shift(x), recipe.Flip && mirror >= 1u << 31 ? 1 : 0);
        }
    }

    /// <summary>A whole number from −p to p, each with the same probability to within 2⁻³².</summary>
    private int Shift(uint bits) => (int)(Math.BigMul(bits, 2 * (uint)recipe.Crop + 1) >> 32) - recipe.Crop;
}
