using DdmNative.Attribution.Networks;
using DdmNative.Compute.Contracts;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>The gradient distances in float64; a row of zeros (a dead unit's) counts 1.</summary>
internal static class ReferenceDistance
{
    public static double Evaluate(GradientDistanceKind kind, Network network, double[] gradient, double[] target) => kind switch
    {
        GradientDistanceKind.Relative => Relative(gradient, target),
        GradientDistanceKind.RelativePerLayer =>
            network.Parameters.Sum(p => Relative(gradient.AsSpan(p.Offset, p.Length), target.AsSpan(p.Offset, p.Length))),
        _ => network.Parameters.Where(p => p.IsWeight).Sum(p => Enumerable.Range(0, p.Shape[0]).Sum(row =>
        {
            int length = p.Length / p.Shape[0];
            int start = p.Offset + row * length;
            return 1 - Cosine(gradient.AsSpan(start, length), target.AsSpan(start, length));
        })),
    };

    private static double Relative(ReadOnlySpan<double> gradient, ReadOnlySpan<double> target)
    {
        double squares = 0;
        for (int i = 0; i < target.Length; i++)
            squares += (gradient[i] - target[i]) * (gradient[i] - target[i]);
        return squares / Inner(target, target);
    }

    private static double Cosine(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double lengths = Math.Sqrt(Inner(a, a) * Inner(b, b));
        return lengths == 0 ? 0 : Inner(a, b) / lengths;
    }

    private static double Inner(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
