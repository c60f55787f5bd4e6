using System.Numerics.Tensors;
using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Grouping;

/// <summary>
/// Lloyd's algorithm with k-means++ initialisation (Arthur and Vassilvitskii, SODA 2007), until no point changes its cluster. Points are
/// float32, sums over them float64; the same seed gives the same clusters.
/// </summary>
public static class KMeans
{
    /// <summary>Clusters the points.</summary>
    /// <param name="points">[n, d], row-major.</param>
    /// <param name="dimensions">d.</param>
    /// <param name="options">k, seed, restarts and iterations.</param>
    /// <exception cref="ArgumentException">There are no points, their number of values is not a multiple of d, or a value is not
    /// finite.</exception>
    public static Clustering Fit(ReadOnlySpan<float> points, int dimensions, KMeansOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Clusters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Restarts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumIterations, 1);
        if (points.IsEmpty || points.Length % dimensions != 0)
            throw new ArgumentException($"{points.Length} numbers are not points of {dimensions}.", nameof(points));
        foreach (float value in points)
        {
            if (!float.IsFinite(value))
                throw new ArgumentException("A point has a coordinate that is not finite.", nameof(points));
        }

        int clusters = Math.Min(options.Clusters, points.Length / dimensions);
        var random = new SeededOrder(options.Seed, options.Stream);
        Clustering? best = null;
        for (int restart = 0; restart < options.Restarts; restart++)
        {
            Clustering found = Lloyd(points, dimensions, Start(points, dimensions, clusters, random), options.MaximumIterations);
            if (best is null || found.Inertia < best.Inertia)
                best = found;
        }

        return best!;
    }

    /// <summary>
    /// k-means++: each further centre is a point drawn with probability proportional to its squared distance from the centres so far.
    /// </summary>
    private static float[] Start(ReadOnlySpan<float> points, int d, int clusters, SeededOrder random)
    {
        int n = points.Length / d;
        var centres = new float[clusters * d];
        var squared = new double[n];
        Array.Fill(squared, double.PositiveInfinity);
        int chosen = random.Below(n);
        for (int k = 0; ; k++)
        {
            ReadOnlySpan<float> centre = points.Slice(chosen * d, d);
            centre.CopyTo(centres.AsSpan(k * d));
            if (k == clusters - 1)
                return centres;
            double total = 0;
            for (int i = 0; i < n; i++)
                total += squared[i] = Math.Min(squared[i], Squared(points.Slice(i * d, d), centre));
            chosen = total > 0 ? Draw(squared, total * random.NextUnit()) : random.Below(n);
        }
    }

    private static int Draw(double[] masses, double target)
    {
        int last = 0;
        for (int i = 0; i < masses.Length; i++)
        {
            if (masses[i] == 0)
                continue;
            last = i;
            target -= masses[i];
            if (target < 0)
                break;
        }

        return last;
    }

    private static Clustering Lloyd(ReadOnlySpan<float> points, int d, float[] centres, int maximumIterations)
    {
        int n = points.Length / d, clusters = centres.Length / d;
        int[] assignment = [], sizes = new int[clusters];
        var distances = new double[n];
        for (int iteration = 1; ; iteration++)
        {
            int[] next = Assign(points, d, centres, distances, sizes);
            FillEmpty(next, distances, sizes);
            bool settled = next.AsSpan().SequenceEqual(assignment);
            assignment = next;
            if (!settled)
                centres = Means(points, d, assignment, sizes);
            if (settled || iteration == maximumIterations)
                return new Clustering(centres, assignment, sizes, Inertia(points, d, centres, assignment), iteration);
        }
    }

    /// <summary>
    /// Finds each point's nearest centre (the first of equals) and its squared distance; counts the points of each cluster.
    /// </summary>
    private static int[] Assign(ReadOnlySpan<float> points, int d, ReadOnlySpan<float> centres, double[] distances, int[] sizes)
    {
        var assignment = new int[distances.Length];
        Array.Clear(sizes);
        for (int i = 0; i < assignment.Length; i++)
        {
            ReadOnlySpan<float> point = points.Slice(i * d, d);
            double nearest = double.PositiveInfinity;
            for (int k = 0; k < sizes.Length; k++)
            {
                double squared = Squared(point, centres.Slice(k * d, d));
                if (squared < nearest)
                    (nearest, assignment[i]) = (squared, k);
            }

            distances[i] = nearest;
            sizes[assignment[i]]++;
        }

        return assignment;
    }

    /// <summary>Moves to each empty cluster the point farthest from its centre, from a cluster that has more than one point.</summary>
    private static void FillEmpty(int[] assignment, double[] distances, int[] sizes)
    {
        for (int k = 0; k < sizes.Length; k++)
        {
            if (sizes[k] > 0)
                continue;
            int farthest = -1;
            for (int i = 0; i < assignment.Length; i++)
            {
                if (sizes[assignment[i]] > 1 && (farthest < 0 || distances[i] > distances[farthest]))
                    farthest = i;
            }

            sizes[assignment[farthest]]--;
            (assignment[farthest], distances[farthest]) = (k, 0);
            sizes[k] = 1;
        }
    }

    private static float[] Means(ReadOnlySpan<float> points, int d, int[] assignment, int[] sizes)
    {
        var sums = new double[sizes.Length * d];
        for (int i = 0; i < assignment.Length; i++)
        {
            Span<double> sum = sums.AsSpan(assignment[i] * d, d);
            for (int j = 0; j < d; j++)
                sum[j] += points[i * d + j];
        }

        var means = new float[sums.Length];
        for (int j = 0; j < sums.Length; j++)
            means[j] = (float)(sums[j] / sizes[j / d]);
        return means;
    }

    private static double Inertia(ReadOnlySpan<float> points, int d, ReadOnlySpan<float> centres, int[] assignment)
    {
        double sum = 0;
        for (int i = 0; i < assignment.Length; i++)
            sum += Squared(points.Slice(i * d, d), centres.Slice(assignment[i] * d, d));
        return sum;
    }

    private static double Squared(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double distance = TensorPrimitives.Distance(a, b);
        return distance * distance;
    }
}
