namespace DdmNative.Compute.Tests.Reference;

/// <summary>x·Φ(x) and its derivatives, with Φ by two classical expansions.</summary>
internal static class ReferenceGelu
{
    public static DoubleTensor Forward(int members, DoubleTensor x) => Map(members, x, (e, n, c, h, w) => Value(x[e, n, c, h, w]));

    public static DoubleTensor ForwardTangent(int members, DoubleTensor x, DoubleTensor xTangent)
        => Map(members, x, (e, n, c, h, w) => Derivative(x[e, n, c, h, w]) * xTangent[e, n, c, h, w]);

    public static DoubleTensor Backward(int members, DoubleTensor x, DoubleTensor cotangent) => ForwardTangent(members, x, cotangent);

    public static DoubleTensor BackwardTangent(
        int members, DoubleTensor x, DoubleTensor? xTangent, DoubleTensor cotangent, DoubleTensor cotangentTangent)
        => Map(members, x, (e, n, c, h, w) => Derivative(x[e, n, c, h, w]) * cotangentTangent[e, n, c, h, w]
            + SecondDerivative(x[e, n, c, h, w]) * (xTangent is null ? 0 : xTangent[e, n, c, h, w]) * cotangent[e, n, c, h, w]);

    public static double Value(double x) => x * Distribution(x);

    public static double Derivative(double x) => Distribution(x) + x * Density(x);

    public static double SecondDerivative(double x) => double.IsInfinity(x * x) ? 0 : Density(x) * (2 - x * x);

    public static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>
    /// Φ(x): for small x the series 1/2 + φ(x)(x + x³/3 + x⁵/(3·5) + …), for large x the continued fraction Φ(−t) = φ(t)/(t + 1/(t + 2/(t +
    /// …))) (Abramowitz and Stegun 26.2.11 and 26.2.14).
    /// </summary>
    public static double Distribution(double x)
    {
        if (Math.Abs(x) < 3)
        {
            double sum = 0, term = x;
            for (int odd = 3; Math.Abs(term) > 1e-18; term *= x * x / odd, odd += 2)
                sum += term;
            return 0.5 + Density(x) * sum;
        }
        double t = Math.Abs(x), fraction = t;
        for (int k = 200; k > 0; k--)
            fraction = t + k / fraction;
        double tail = Density(t) / fraction;
        return x < 0 ? tail : 1 - tail;
    }

    private static DoubleTensor Map(int members, DoubleTensor x, Func<int, int, int, int, int, double> value)
    {
        var y = new DoubleTensor(x.Shape.WithMembers(members));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < y.Shape.Samples; n++)
                for (int c = 0; c < y.Shape.Channels; c++)
                    for (int h = 0; h < y.Shape.Height; h++)
                        for (int w = 0; w < y.Shape.Width; w++)
                            y[e, n, c, h, w] = value(e, n, c, h, w);
        return y;
    }
}
