namespace DdmNative.Attribution.Tests.Networks;

/// <summary>
/// Batch norm in its training form in float64, in the plainest loops: statistics over the present samples and all pixels of a channel.
/// </summary>
internal static class ReferenceBatchNorm
{
    public static double[][] Forward(ReadOnlySpan<double> parameters, double[][] x, int channels, Func<int, bool> isPresent)
    {
        double[][] y = Array.ConvertAll(x, sample => new double[sample.Length]);
        int plane = x[0].Length / channels;
        for (int c = 0; c < channels; c++)
        {
            (double mean, double reciprocal, _) = Statistics(x, c, plane, isPresent);
            for (int n = 0; n < x.Length; n++)
            {
                for (int i = c * plane; i < (c + 1) * plane; i++)
                    y[n][i] = parameters[c] * (x[n][i] - mean) * reciprocal + parameters[channels + c];
            }
        }
        return y;
    }

    /// <summary>Returns the cotangents of x, zero for absent samples, and adds the parameters' cotangents.</summary>
    public static double[][] Backward(ReadOnlySpan<double> parameters, double[][] x, double[][] cotangents, int channels,
        Func<int, bool> isPresent, Span<double> gradient)
    {
        double[][] result = Array.ConvertAll(x, sample => new double[sample.Length]);
        int plane = x[0].Length / channels;
        for (int c = 0; c < channels; c++)
        {
            (double mean, double reciprocal, int count) = Statistics(x, c, plane, isPresent);
            (double sum, double sumWithX) = (0, 0);
            for (int n = 0; n < x.Length; n++)
            {
                for (int i = c * plane; isPresent(n) && i < (c + 1) * plane; i++)
                {
                    sum += cotangents[n][i];
                    sumWithX += cotangents[n][i] * (x[n][i] - mean) * reciprocal;
                }
            }
            gradient[c] += sumWithX;
            gradient[channels + c] += sum;
            for (int n = 0; n < x.Length; n++)
            {
                for (int i = c * plane; isPresent(n) && i < (c + 1) * plane; i++)
                    result[n][i] = parameters[c] * reciprocal
                        * (cotangents[n][i] - sum / count - (x[n][i] - mean) * reciprocal * sumWithX / count);
            }
        }
        return result;
    }

    private static (double Mean, double Reciprocal, int Count) Statistics(double[][] x, int channel, int plane, Func<int, bool> isPresent)
    {
        double[] values = [.. x.Where((_, n) => isPresent(n)).SelectMany(sample => sample.Skip(channel * plane).Take(plane))];
        double mean = values.Average();
        return (mean, 1 / Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + 1e-5), values.Length);
    }
}
