using DdmNative.Attribution.Networks;
using DdmNative.Compute.Contracts;

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
        FlattenLayer or DropoutLayer => x,
        BatchNormLayer norm => Frozen(norm, parameters, x),
        GroupNormLayer norm => NormaliseGroups(norm, parameters, x),
        MaxPoolLayer pool => Maxima(pool, x),
        AvgPoolLayer pool => Means(pool, x),
        GeluLayer => Array.ConvertAll(x, value => value * NormalCdf(value)),
        ScaleLayer scale => Array.ConvertAll(x, value => scale.Factor * value),
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
        FlattenLayer or DropoutLayer => cotangent,
        BatchNormLayer norm => FrozenBack(norm, parameters, x, cotangent, gradient),
        GroupNormLayer norm => NormaliseGroupsBack(norm, parameters, x, cotangent, gradient),
        MaxPoolLayer pool => MaximaBack(pool, x, cotangent),
        AvgPoolLayer pool => MeansBack(pool, x, cotangent),
        GeluLayer => [.. x.Zip(cotangent, (value, delta) => delta * (NormalCdf(value) + value * NormalDensity(value)))],
        ScaleLayer scale => Array.ConvertAll(cotangent, value => scale.Factor * value),
        _ => throw new NotSupportedException($"The reference does not know {layer.GetType().Name}."),
    };

    private static double[] Convolve(ConvolutionLayer layer, ReadOnlySpan<double> parameters, double[] x)
    {
        var y = new double[layer.Output.Length];
        int plane = layer.Output.Height * layer.Output.Width;
        for (int i = 0; layer.HasBias && i < y.Length; i++)
            y[i] = parameters[layer.Parameters[1].Offset + i / plane];
        foreach ((int output, int filter, int input) in Taps(layer))
            y[output] += parameters[filter] * x[input];
        return y;
    }

    private static double[] ConvolveBack(ConvolutionLayer layer, ReadOnlySpan<double> parameters, double[] x, double[] cotangent,
        Span<double> gradient)
    {
        var xCotangent = new double[x.Length];
        int plane = layer.Output.Height * layer.Output.Width;
        for (int i = 0; layer.HasBias && i < cotangent.Length; i++)
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
            (int y, int x) = (layer.Stride * row + i - layer.Padding, layer.Stride * column + j - layer.Padding);
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
        var y = new double[layer.Output.Channels];
        for (int o = 0; o < y.Length; o++)
        {
            y[o] = layer.HasBias ? parameters[layer.Parameters[1].Offset + o] : 0;
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
            if (layer.HasBias)
                gradient[layer.Parameters[1].Offset + o] += cotangent[o];
            for (int i = 0; i < x.Length; i++)
            {
                xCotangent[i] += parameters[o * x.Length + i] * cotangent[o];
                gradient[o * x.Length + i] += x[i] * cotangent[o];
            }
        }
        return xCotangent;
    }

    private static double[] Frozen(BatchNormLayer layer, ReadOnlySpan<double> parameters, double[] x)
    {
        var y = new double[x.Length];
        (int channels, int plane) = (layer.Input.Channels, layer.Input.Height * layer.Input.Width);
        for (int i = 0; i < x.Length; i++)
        {
            int c = i / plane;
            y[i] = parameters[c] * (x[i] - parameters[2 * channels + c]) / Math.Sqrt(parameters[3 * channels + c] + 1e-5)
                + parameters[channels + c];
        }
        return y;
    }

    private static double[] FrozenBack(BatchNormLayer layer, ReadOnlySpan<double> parameters, double[] x, double[] cotangent,
        Span<double> gradient)
    {
        var xCotangent = new double[x.Length];
        (int channels, int plane) = (layer.Input.Channels, layer.Input.Height * layer.Input.Width);
        for (int i = 0; i < x.Length; i++)
        {
            int c = i / plane;
            double reciprocal = 1 / Math.Sqrt(parameters[3 * channels + c] + 1e-5);
            gradient[c] += cotangent[i] * (x[i] - parameters[2 * channels + c]) * reciprocal;
            gradient[channels + c] += cotangent[i];
            xCotangent[i] = parameters[c] * reciprocal * cotangent[i];
        }
        return xCotangent;
    }

    private static double[] NormaliseGroups(GroupNormLayer layer, ReadOnlySpan<double> parameters, double[] x)
    {
        var y = new double[x.Length];
        (int plane, int length) = (layer.Input.Height * layer.Input.Width, x.Length / layer.Groups);
        for (int i = 0; i < x.Length; i++)
        {
            (double mean, double reciprocal) = Statistics(x.AsSpan(i / length * length, length));
            y[i] = parameters[i / plane] * (x[i] - mean) * reciprocal + parameters[layer.Input.Channels + i / plane];
        }
        return y;
    }

    private static double[] NormaliseGroupsBack(GroupNormLayer layer, ReadOnlySpan<double> parameters, double[] x, double[] cotangent,
        Span<double> gradient)
    {
        var xCotangent = new double[x.Length];
        (int plane, int length) = (layer.Input.Height * layer.Input.Width, x.Length / layer.Groups);
        for (int first = 0; first < x.Length; first += length)
        {
            (double mean, double reciprocal) = Statistics(x.AsSpan(first, length));
            (double sum, double sumWithX) = (0, 0);
            for (int i = first; i < first + length; i++)
            {
                double normal = (x[i] - mean) * reciprocal;
                gradient[i / plane] += cotangent[i] * normal;
                gradient[layer.Input.Channels + i / plane] += cotangent[i];
                sum += parameters[i / plane] * cotangent[i];
                sumWithX += parameters[i / plane] * cotangent[i] * normal;
            }
            for (int i = first; i < first + length; i++)
                xCotangent[i] = reciprocal
                    * (parameters[i / plane] * cotangent[i] - sum / length - (x[i] - mean) * reciprocal * sumWithX / length);
        }
        return xCotangent;
    }

    private static double[] Maxima(MaxPoolLayer layer, double[] x)
        => [.. Enumerable.Range(0, layer.Output.Length).Select(output => x[Largest(layer, x, output)])];

    private static double[] MaximaBack(MaxPoolLayer layer, double[] x, double[] cotangent)
    {
        var xCotangent = new double[x.Length];
        for (int output = 0; output < cotangent.Length; output++)
            xCotangent[Largest(layer, x, output)] += cotangent[output];
        return xCotangent;
    }

    /// <summary>The position of the first largest value of a window.</summary>
    private static int Largest(MaxPoolLayer layer, double[] x, int output)
        => Window(layer.Shape, layer.Input, layer.Output, output).Aggregate((best, input) => x[input] > x[best] ? input : best);

    private static double[] Means(AvgPoolLayer layer, double[] x)
        => [.. Enumerable.Range(0, layer.Output.Length)
            .Select(output => Window(layer.Shape, layer.Input, layer.Output, output).Average(input => x[input]))];

    private static double[] MeansBack(AvgPoolLayer layer, double[] x, double[] cotangent)
    {
        var xCotangent = new double[x.Length];
        for (int output = 0; output < cotangent.Length; output++)
        {
            int[] window = [.. Window(layer.Shape, layer.Input, layer.Output, output)];
            foreach (int input in window)
                xCotangent[input] += cotangent[output] / window.Length;
        }
        return xCotangent;
    }

    /// <summary>The pixels of the image in the window of an output.</summary>
    private static IEnumerable<int> Window(PoolingShape shape, ImageShape input, ImageShape output, int at)
    {
        int channel = at / (output.Height * output.Width), row = at / output.Width % output.Height, column = at % output.Width;
        for (int i = 0; i < shape.WindowHeight; i++)
        for (int j = 0; j < shape.WindowWidth; j++)
        {
            (int y, int x) = (row * shape.Stride - shape.Padding + i, column * shape.Stride - shape.Padding + j);
            if (y >= 0 && y < input.Height && x >= 0 && x < input.Width)
                yield return (channel * input.Height + y) * input.Width + x;
        }
    }

    private static double NormalDensity(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>Φ(x) by the series 1/2 + φ(x)·Σ x^(2k+1)/(1·3·…·(2k+1)), which converges for all x (Marsaglia 2004).</summary>
    private static double NormalCdf(double x)
    {
        if (Math.Abs(x) > 8)
            return x > 0 ? 1 : 0;
        (double sum, double term) = (x, x);
        for (int k = 3; Math.Abs(term) > 1e-18 * Math.Abs(sum); k += 2)
            sum += term *= x * x / k;
        return 0.5 + sum * NormalDensity(x);
    }
}
