using DdmNative.Attribution.Networks;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>
/// Every layer for one sample in float64, in the plainest loops: the forward pass, and the cotangents of its input and its parameters.
/// </summary>
internal static class ReferenceLayers
{
    public static double[] Forward(Layer layer, ReadOnlySpan<double> parameters, double[] x) => layer switch
    {
        ConvolutionLayer convolution => Convolve(convolution, parameters, x),
        InstanceNormLayer norm => Normalise(norm, parameters, x),
        ReluAvgPoolLayer pool => Pool(pool, x),
        LinearLayer linear => Multiply(linear, parameters, x),
        FlattenLayer => x,
        _ => throw new NotSupportedException($"The reference does not know {layer.GetType().Name}."),
    };

    /// <summary>Returns the cotangent of x and adds the parameters' cotangents to <paramref name="gradient"/>.</summary>
    public static double[] Backward(Layer layer, ReadOnlySpan<double> parameters, double[] x, double[] cotangent, Span<double> gradient)
        => layer switch
    {
        ConvolutionLayer convolution => ConvolveBack(convolution, parameters, x, cotangent, gradient),
        InstanceNormLayer norm => NormaliseBack(norm, parameters, x, cotangent, gradient),
        ReluAvgPoolLayer pool => PoolBack(pool, x, cotangent),
        LinearLayer linear => MultiplyBack(linear, parameters, x, cotangent, gradient),
        FlattenLayer => cotangent,
        _ => throw new NotSupportedException($"The reference does not know {layer.GetType().Name}."),
    };

    private static double[] Convolve(ConvolutionLayer layer, ReadOnlySpan<double> parameters, double[] x)
    {
        ReadOnlySpan<double> bias = parameters[layer.Parameters[1].Offset..];
        var y = new double[layer.Output.Length];
        int plane = layer.Output.Height * layer.Output.Width;
        for (int i = 0; i < y.Length; i++)
            y[i] = bias[i / plane];
        foreach ((int output, int filter, int input) in Taps(layer))
            y[output] += parameters[filter] * x[input];
        return y;
    }

    private static double[] ConvolveBack(ConvolutionLayer layer, ReadOnlySpan<double> parameters, double[] x, double[] cotangent,
        Span<double> gradient)
    {
        var xCotangent = new double[x.Length];
        int plane = layer.Output.Height * layer.Output.Width;
        for (int i = 0; i < cotangent.Length; i++)
            gradient[layer.Parameters[1].Offset + i / plane] += cotangent[i];
        foreach ((int output, int filter, int input) in Taps(layer))
        {
            xCotangent[input] += parameters[filter] * cotangent[output];
            gradient[filter] += x[input] * cotangent[output];
        }
        return xCotangent;
    }

    /// <summary>Every product of a convolution: which output it goes to, which weight and which input it takes.</summary>
    private static IEnumerable<(int Output, int Filter, int Input)> Taps(ConvolutionLayer layer)
    {
        (int channels, int height, int width) = (layer.Input.Channels, layer.Input.Height, layer.Input.Width);
        int k = layer.KernelSize;
        for (int o = 0; o < layer.Output.Channels; o++)
        for (int row = 0; row < layer.Output.Height; row++)
        for (int column = 0; column < layer.Output.Width; column++)
        for (int c = 0; c < channels; c++)
        for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++)
        {
            (int y, int x) = (row + i - layer.Padding, column + j - layer.Padding);
            if (y >= 0 && y < height && x >= 0 && x < width)
                yield return ((o * layer.Output.Height + row) * layer.Output.Width + column, ((o * channels + c) * k + i) * k + j,
                    (c * height + y) * width + x);
        }
    }

    private static double[] Normalise(InstanceNormLayer layer, ReadOnlySpan<double> parameters, double[] x)
    {
        var y = new double[x.Length];
        int plane = layer.Input.Height * layer.Input.Width;
        for (int c = 0; c < layer.Input.Channels; c++)
        {
            (double mean, double reciprocal) = Statistics(x.AsSpan(c * plane, plane));
            for (int i = c * plane; i < (c + 1) * plane; i++)
                y[i] = parameters[c] * (x[i] - mean) * reciprocal + parameters[layer.Input.Channels + c];
        }
        return y;
    }

    private static double[] NormaliseBack(InstanceNormLayer layer, ReadOnlySpan<double> parameters, double[] x, double[] cotangent,
        Span<double> gradient)
    {
        var xCotangent = new double[x.Length];
        int plane = layer.Input.Height * layer.Input.Width;
        for (int c = 0; c < layer.Input.Channels; c++)
        {
            (double mean, double reciprocal) = Statistics(x.AsSpan(c * plane, plane));
            (double sum, double sumWithX) = (0, 0);
            for (int i = c * plane; i < (c + 1) * plane; i++)
            {
                sum += cotangent[i];
                sumWithX += cotangent[i] * (x[i] - mean) * reciprocal;
            }
            gradient[c] += sumWithX;
            gradient[layer.Input.Channels + c] += sum;
            for (int i = c * plane; i < (c + 1) * plane; i++)
                xCotangent[i] = parameters[c] * reciprocal * (cotangent[i] - sum / plane - (x[i] - mean) * reciprocal * sumWithX / plane);
        }
        return xCotangent;
    }

    private static (double Mean, double Reciprocal) Statistics(ReadOnlySpan<double> values)
    {
        (double mean, double variance) = (0, 0);
        foreach (double value in values)
            mean += value / values.Length;
        foreach (double value in values)
            variance += (value - mean) * (value - mean) / values.Length;
        return (mean, 1 / Math.Sqrt(variance + 1e-5));
    }

    private static double[] Pool(ReluAvgPoolLayer layer, double[] x)
    {
        var y = new double[layer.Output.Length];
        foreach ((int output, int input) in Cells(layer))
            y[output] += Math.Max(x[input], 0) / (layer.Window * layer.Window);
        return y;
    }

    private static double[] PoolBack(ReluAvgPoolLayer layer, double[] x, double[] cotangent)
    {
        var xCotangent = new double[x.Length];
        foreach ((int output, int input) in Cells(layer))
            xCotangent[input] = x[input] > 0 ? cotangent[output] / (layer.Window * layer.Window) : 0;
        return xCotangent;
    }

    private static IEnumerable<(int Output, int Input)> Cells(ReluAvgPoolLayer layer)
    {
        (int height, int width) = (layer.Output.Height, layer.Output.Width);
        for (int c = 0; c < layer.Input.Channels; c++)
        for (int row = 0; row < height * layer.Window; row++)
        for (int column = 0; column < width * layer.Window; column++)
            yield return ((c * height + row / layer.Window) * width + column / layer.Window,
                (c * layer.Input.Height + row) * layer.Input.Width + column);
    }

    private static double[] Multiply(LinearLayer layer, ReadOnlySpan<double> parameters, double[] x)
    {
        ReadOnlySpan<double> bias = parameters[layer.Parameters[1].Offset..];
        var y = new double[layer.Output.Channels];
        for (int o = 0; o < y.Length; o++)
        {
            y[o] = bias[o];
            for (int i = 0; i < x.Length; i++)
                y[o] += parameters[o * x.Length + i] * x[i];
        }
        return y;
    }

    private static double[] MultiplyBack(LinearLayer layer, ReadOnlySpan<double> parameters, double[] x, double[] cotangent,
        Span<double> gradient)
    {
        var xCotangent = new double[x.Length];
        for (int o = 0; o < cotangent.Length; o++)
        {
            gradient[layer.Parameters[1].Offset + o] += cotangent[o];
            for (int i = 0; i < x.Length; i++)
            {
                xCotangent[i] += parameters[o * x.Length + i] * cotangent[o];
                gradient[o * x.Length + i] += x[i] * cotangent[o];
            }
        }
        return xCotangent;
    }
}
