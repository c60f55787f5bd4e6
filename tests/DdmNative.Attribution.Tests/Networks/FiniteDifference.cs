namespace DdmNative.Attribution.Tests.Networks;

/// <summary>Central differences in float64.</summary>
internal static class FiniteDifference
{
    /// <summary>Small enough not to cross a ReLU's kink in the seeded cases, large enough for ten digits.</summary>
    private const double Step = 1e-6;

    /// <summary>d/dε f(x + εv) at ε = 0, for each of f's results.</summary>
    public static double[] Along(Func<double[], double[]> f, double[] x, double[] direction)
    {
        double[] above = f(Moved(x, direction, Step));
        double[] below = f(Moved(x, direction, -Step));
        return [.. above.Zip(below, (a, b) => (a - b) / (2 * Step))];
    }

    /// <summary>The gradient of a scalar f at x, one coordinate after the other.</summary>
    public static double[] Gradient(Func<double[], double> f, double[] x)
    {
        var gradient = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double kept = x[i];
            x[i] = kept + Step;
            double above = f(x);
            x[i] = kept - Step;
            gradient[i] = (above - f(x)) / (2 * Step);
            x[i] = kept;
        }
        return gradient;
    }

    public static double[] Moved(double[] x, double[] direction, double step) => [.. x.Zip(direction, (a, b) => a + step * b)];
}
