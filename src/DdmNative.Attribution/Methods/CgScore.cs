using System.Numerics.Tensors;
using DdmNative.Attribution.Methods.Gradients;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `cg-score` (Ki, Choi and Chung, "Data valuation without training of a model", ICLR 2023): the complexity gap, by how much the least norm
/// of a wide two-layer ReLU network that fits the labels falls without the part. H_ij = ⟨x_i, x_j⟩(π − arccos⟨x_i, x_j⟩)/2π on images of
/// unit length, y = ±1 for one class against the rest; the gap of a single sample is [(H⁻¹y)_i]²/(H⁻¹)_ii, that of a part g in closed form
/// too: (H⁻¹y)_gᵀ[(H⁻¹)_gg]⁻¹(H⁻¹y)_g. W[o, g] is the gap of the objective's class (the sum over the classes for objectives of all), read
/// as harm: positive for a loss, negative otherwise. No unit: a floor that knows neither the target nor the test samples. Cost: N²(C·H·W +
/// N), once; memory: two N × N matrices.
/// </summary>
/// <param name="ridge">Added to H's diagonal (½ without it), for images that are there twice.</param>
public sealed class CgScore(double ridge = 1e-6) : IAttributionMethod
{
    public object Options => new { ridge };

    /// <summary>From <c>ridge</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static CgScore From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new CgScore(settings.Real("ridge", 1e-6, 0, 1));
    }

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        long n = context.Train.Count;
        return new MemoryEstimate(("kernel and inverse", 2 * n * n * sizeof(double)),
            ("images", n * context.Train.ImageSize * sizeof(double)));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        double[][] kernel = Kernel(context);
        CholeskySolver solver;
        try
        {
            solver = new CholeskySolver(kernel);
        }
        catch (ArgumentException)
        {
            throw new MethodRequestException(
                "Method 'cg-score': some training images are equal but for a factor, so that the kernel has no inverse; add a ridge, e.g. "
                + "cg-score:ridge=1e-3.");
        }

        double[][] inverse = solver.Inverse();
        IReadOnlyList<int[]> parts = SampleBlocks.PartsOf(context.Parts);
        double[][] gaps = [.. Enumerable.Range(0, context.Network.Classes).Select(c => GapsOf(context, c, inverse, parts))];
        return context.ToMatrix([.. context.Objectives.SelectMany(objective => parts.Select((_, g) =>
        {
            double gap = objective.Class is int c ? gaps[c][g] : gaps.Sum(ofClass => ofClass[g]);
            return objective.HarmSign * gap;
        }))]);
    }

    /// <summary>The lower half of H, row by row. In float64, because H is nearly singular where images are alike.</summary>
    private double[][] Kernel(MethodContext context)
    {
        double[][] images = [.. Enumerable.Range(0, context.Train.Count).Select(n =>
        {
            double[] image = [.. context.Train.Image(n).ToArray().Select(value => (double)value)];
            double norm = Math.Sqrt(TensorPrimitives.Dot<double>(image, image));
            return norm > 0 ? Array.ConvertAll(image, value => value / norm) : image;
        })];
        var kernel = new double[images.Length][];
        Parallel.For(0, images.Length, i =>
        {
            context.Cancellation.ThrowIfCancellationRequested();
            kernel[i] = new double[i + 1];
            for (int j = 0; j <= i; j++)
            {
                double cosine = i == j ? 1 : Math.Clamp(TensorPrimitives.Dot<double>(images[i], images[j]), -1, 1);
                kernel[i][j] = cosine * (Math.PI - Math.Acos(cosine)) / (2 * Math.PI);
            }

            kernel[i][i] += ridge;
        });
        return kernel;
    }

    private static double[] GapsOf(MethodContext context, int ofClass, double[][] inverse, IReadOnlyList<int[]> parts)
    {
        double[] labels = [.. context.Train.Labels.Select(label => label == ofClass ? 1.0 : -1.0)];
        double[] solved = [.. inverse.Select(row => TensorPrimitives.Dot<double>(row, labels))];
        return [.. parts.Select(samples =>
        {
            double[] own = [.. samples.Select(n => solved[n])], whitened = [.. own];
            new CholeskySolver([.. samples.Select((n, i) => samples.Take(i + 1).Select(m => inverse[n][m]).ToArray())]).SolveLower(
                whitened);
            return TensorPrimitives.Dot<double>(whitened, whitened);
        })];
    }
}
