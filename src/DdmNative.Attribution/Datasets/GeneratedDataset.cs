namespace DdmNative.Attribution.Datasets;

/// <summary>
/// A small generated dataset for tests and trial runs. Each class has a grating with its own direction and colour; each cluster in it has a
/// bright blob at its own position and its own phase of the grating; each sample adds jitter and noise. The grating alone determines the
/// class only roughly, so that removing a cluster has an effect. All values are sums, products and roundings (triangle waves, not sines),
/// so that all platforms produce the same bytes.
/// </summary>
public static class GeneratedDataset
{
    /// <summary>The prefix of a specification of such a dataset.</summary>
    public const string Name = "generated";

    private const double GratingContrast = 0.12, BlobContrast = 0.45, Noise = 0.10;

    /// <summary>The training and the test set; sample n has class n mod classes and cluster <see cref="ClusterOf"/>(n).</summary>
    public static (Dataset Train, Dataset Test) Make(GeneratedOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return (Make(options, "generated/train", options.PerClass, stream: 1),
            Make(options, "generated/test", options.TestPerClass, stream: 2));
    }

    /// <summary>The true cluster, within its class, of sample <paramref name="n"/> of either split.</summary>
    public static int ClusterOf(GeneratedOptions options, int n) => n / options.Classes % options.ClustersPerClass;

    private static Dataset Make(GeneratedOptions options, string name, int perClass, ulong stream)
    {
        int count = options.Classes * perClass;
        int imageSize = options.Channels * options.Size * options.Size;
        var images = new float[count * imageSize];
        var labels = new int[count];
        var random = new SeededOrder(options.Seed, stream);
        Pattern[] patterns = Patterns(options);
        for (int n = 0; n < count; n++)
        {
            labels[n] = n % options.Classes;
            Pattern pattern = patterns[labels[n] * options.ClustersPerClass + ClusterOf(options, n)];
            Draw(pattern, random, options, images.AsSpan(n * imageSize, imageSize));
        }

        return new Dataset(name, images, labels, options.Channels, options.Size, options.Size, options.Classes);
    }

    /// <summary>[classes · clusters], drawn from a separate stream so that both splits share them.</summary>
    private static Pattern[] Patterns(GeneratedOptions options)
    {
        var random = new SeededOrder(options.Seed);
        var patterns = new List<Pattern>();
        for (int c = 0; c < options.Classes; c++)
        {
            double alongX = 4 * random.NextUnit() - 2, alongY = 4 * random.NextUnit() - 2; // periods across the image
            double[] colour = [.. Enumerable.Range(0, options.Channels).Select(_ => 0.5 + 0.5 * random.NextUnit())];
            for (int k = 0; k < options.ClustersPerClass; k++)
                patterns.Add(new Pattern(alongX, alongY, random.NextUnit(), 0.15 + 0.7 * random.NextUnit(), 0.15 + 0.7 * random.NextUnit(),
                    0.15 + 0.1 * random.NextUnit(), colour));
        }

        return [.. patterns];
    }

    private static void Draw(Pattern p, SeededOrder random, GeneratedOptions options, Span<float> image)
    {
        int size = options.Size;
        double phase = p.Phase + 0.15 * (random.NextUnit() - 0.5);
        double centreX = p.CentreX + 0.1 * (random.NextUnit() - 0.5), centreY = p.CentreY + 0.1 * (random.NextUnit() - 0.5);
        for (int c = 0; c < options.Channels; c++)
        {
            for (int y = 0; y < size; y++)
            {
                for (int x = 0; x < size; x++)
                {
                    double u = (x + 0.5) / size, v = (y + 0.5) / size;
                    double turn = p.AlongX * u + p.AlongY * v + phase;
                    double triangle = 4 * Math.Abs(turn - Math.Floor(turn) - 0.5) - 1; // in [-1, 1]
                    double squared = ((u - centreX) * (u - centreX) + (v - centreY) * (v - centreY)) / (p.Radius * p.Radius);
                    double noise = random.NextUnit() + random.NextUnit() + random.NextUnit() + random.NextUnit() - 2; // nearly normal
                    double value = 0.35 + p.Colour[c] * (GratingContrast * triangle + BlobContrast * Math.Max(0, 1 - squared)) + Noise
                        * noise;
                    image[(c * size + y) * size + x] = (byte)Math.Round(255 * Math.Clamp(value, 0, 1)) / 255f;
                }
            }
        }
    }

    private sealed record Pattern(double AlongX, double AlongY, double Phase, double CentreX, double CentreY, double Radius,
        double[] Colour);
}
