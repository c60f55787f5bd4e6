using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `ekfac` (Grosse et al., "Studying large language model generalization with influence functions", 2023): influence with the Fisher matrix
/// in Kronecker-factored eigenbases in place of the curvature, W[o, g] = −⟨(F + λI)⁻¹∇F_o(θ_T), Σ_{n∈g} ∇L(x_n; θ_T)⟩/N, λ being a share of
/// the mean of all eigenvalues and the training's weight decay. Unit: the objective's. Cost: two passes with gradients of single samples
/// over those that F is made of and eigenvectors of every layer's sides, once, whatever O; then one gradient of the training set. Memory:
/// the squares of the layers' sides.
/// </summary>
/// <param name="damping">λ over the mean of F's eigenvalues.</param>
/// <param name="samples">Training samples that F is made of, chosen by the seed, of every class its share; 0 for all.</param>
public sealed class Ekfac(double damping = 0.1, int samples = Ekfac.DefaultSamples) : IAttributionMethod
{
    /// <summary>At 60,000 images the effects correlate with those by all of them at .9997 (docs/methods.md).</summary>
    private const int DefaultSamples = 4000;

    private const uint Stream = 0x454B4641;
    private const int Wave = 32;

    /// <summary>Samples whose labels are drawn together at most, so that no second copy of the data is made.</summary>
    private const int Piece = 1024;

    public object Options => new { damping, samples };

    /// <summary>From <c>damping</c> and <c>samples</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static Ekfac From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new Ekfac(settings.Real("damping", 0.1, 0, 1e6), settings.Whole("samples", DefaultSamples, 0, 10_000_000));
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        // A piece of the images and every sample's label vector, both on the host and on the device, unless they are too large for that.
        var labels = new LabelVectorRows(context.Train.Labels, context.Network.Classes);
        long drawn = 2L * sizeof(float) * ((long)Math.Min(Piece, context.Train.Count) * context.Network.Input.Length
            + (labels.IsLarge ? 0 : (long)labels.Count * labels.Length));
        return ObjectiveGradients.Estimate(context) + new MemoryEstimate(("drawn labels", drawn))
            + KroneckerFactors.Estimate(context, context.Bounded(Wave)) + GradientProducts.Estimate(context, context.Objectives.Count);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        float[] directions;
        using (var objectives = new ObjectiveGradients(context))
            directions = objectives.At(context.Target);
        double[] solved = context.Pieces.Once("solutions", () =>
        {
            int[] chosen = ChooseSamples(context.Train, context.Seed);
            var factors = KroneckerFactors.Compute(context, chosen, DrawLabels(context, chosen), context.Bounded(Wave));
            double lambda = damping * factors.Eigenvalues.Average() + context.Recipe.WeightDecay;
            factors.SolveAll(directions, lambda);
            return Array.ConvertAll(directions, value => (double)value);
        });
        using var products = new GradientProducts(context, context.Objectives.Count);
        double[] values = products.At(context.Target, Array.ConvertAll(solved, value => (float)value),
            done => context.OnProgress?.Invoke(done, context.Train.Count, "samples"));
        return context.ToMatrix([.. values.Select(value => -value)]);
    }

    /// <summary>The training samples that the matrix is made of, in order: of every class its share, by the seed.</summary>
    private int[] ChooseSamples(Dataset train, ulong seed)
    {
        // All in the order of the data, whatever asks for all: the sums have the same bits.
        int[] all = [.. Enumerable.Range(0, train.Count)];
        if (samples == 0 || samples >= train.Count)
            return all;
        var chosen = new List<int>(samples);
        int met = 0;
        foreach (IGrouping<int, int> ofClass in all.GroupBy(n => train.Labels[n]).OrderBy(members => members.Key))
        {
            // Shares are rounded along their running sum, which ends at the number asked for.
            int[] members = [.. ofClass];
            int share = Share(met + members.Length) - Share(met);
            met += members.Length;
            new SeededOrder(seed, Stream + (ulong)ofClass.Key).Shuffle(members);
            chosen.AddRange(members.AsSpan(0, share));
        }

        return [.. chosen.Order()];

        int Share(int upTo) => (int)Math.Round((double)samples * upTo / train.Count);
    }

    /// <summary>
    /// A label for each of these training samples from the target's own prediction, in its place [N]: the Fisher matrix's expectation, by
    /// one
    /// draw each. A sample's draw is its own, whichever others are there.
    /// </summary>
    private static int[] DrawLabels(MethodContext context, int[] samples)
    {
        int classes = context.Network.Classes;
        var labels = new int[context.Train.Count];
        int pieces = (samples.Length + Piece - 1) / Piece;
        foreach (int[] piece in samples.Chunk((samples.Length + pieces - 1) / pieces))
        {
            using var evaluator = new ModelEvaluator(context.Device, context.Network, context.Train.Select(piece));
            float[] logits = evaluator.Logits(context.Target, 1);
            for (int i = 0; i < piece.Length; i++)
                labels[piece[i]] = Draw(logits.AsSpan(i * classes, classes), Philox.Uniform(context.Seed, Stream, (ulong)piece[i]));
        }

        return labels;
    }

    /// <summary>The class in which a number from [0, 1) falls when each class takes its probability of it.</summary>
    private static int Draw(ReadOnlySpan<float> logits, double number)
    {
        double largest = System.Numerics.Tensors.TensorPrimitives.Max(logits), total = 0;
        foreach (float value in logits)
            total += Math.Exp(value - largest);
        double left = number * total;
        int label = 0;
        while (label < logits.Length - 1 && (left -= Math.Exp(logits[label] - largest)) >= 0)
            label++;
        return label;
    }
}
