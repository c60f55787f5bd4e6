using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>
/// Instance normalisation step by step (mean, variance, reciprocal deviation, scale and shift) and its reverse, one chain-rule step per
/// line, in dual numbers, so that the tangents need no formula of their own.
/// </summary>
internal static class ReferenceInstanceNorm
{
    public static DualTensor Forward(int members, DualTensor x, DualTensor scale, DualTensor shift)
    {
        TensorShape shape = x.Value.Shape.WithMembers(members);
        var y = DualTensor.Zeros(shape);
        ForEachPlane(shape, (e, n, c) =>
        {
            (Dual mean, Dual reciprocal) = Statistics(x, e, n, c);
            ForEachPixel(shape, (h, w) => y[e, n, c, h, w] = scale[e, 0, c] * (x[e, n, c, h, w] - mean) * reciprocal + shift[e, 0, c]);
        });
        return y;
    }

    /// <summary>[E, N, 2C, 1, 1]: the means, then the reciprocal deviations.</summary>
    public static DoubleTensor Statistics(int members, DoubleTensor x)
    {
        TensorShape shape = x.Shape.WithMembers(members);
        var statistics = new DoubleTensor(InstanceNorm.StatisticsShape(shape));
        ForEachPlane(shape, (e, n, c) =>
        {
            (Dual mean, Dual reciprocal) = Statistics((DualTensor)x, e, n, c);
            statistics[e, n, c] = mean.Value;
            statistics[e, n, shape.Channels + c] = reciprocal.Value;
        });
        return statistics;
    }

    public static (DualTensor X, DualTensor Scale, DualTensor Shift) Backward(int members, DualTensor x, DualTensor cotangent,
        DualTensor scale)
    {
        TensorShape shape = x.Value.Shape.WithMembers(members);
        double pixels = shape.Height * shape.Width;
        var xCotangent = DualTensor.Zeros(shape);
        var scaleCotangent = DualTensor.Zeros(TensorShape.Vector(members, shape.Channels));
        var shiftCotangent = DualTensor.Zeros(TensorShape.Vector(members, shape.Channels));
        ForEachPlane(shape, (e, n, c) =>
        {
            (Dual mean, Dual reciprocal) = Statistics(x, e, n, c);
            Dual reciprocalCotangent = 0;
            Dual normalisedSum = 0;
            ForEachPixel(shape, (h, w) =>
            {
                Dual delta = cotangent[e, n, c, h, w];
                Dual centred = x[e, n, c, h, w] - mean;
                scaleCotangent[e, 0, c] += delta * centred * reciprocal;
                shiftCotangent[e, 0, c] += delta;
                reciprocalCotangent += scale[e, 0, c] * delta * centred;
                normalisedSum += scale[e, 0, c] * delta;
            });
            Dual varianceCotangent = -0.5 * reciprocal * reciprocal * reciprocal * reciprocalCotangent;
            Dual meanCotangent = 0.0 - normalisedSum * reciprocal;
            ForEachPixel(shape, (h, w) =>
            {
                Dual direct = scale[e, 0, c] * cotangent[e, n, c, h, w] * reciprocal;
                Dual throughVariance = varianceCotangent * 2.0 * (x[e, n, c, h, w] - mean) / pixels;
                xCotangent[e, n, c, h, w] = direct + throughVariance + meanCotangent / pixels;
            });
        });
        return (xCotangent, scaleCotangent, shiftCotangent);
    }

    private static (Dual Mean, Dual Reciprocal) Statistics(DualTensor x, int e, int n, int c)
    {
        TensorShape shape = x.Value.Shape;
        double pixels = shape.Height * shape.Width;
        Dual sum = 0;
        ForEachPixel(shape, (h, w) => sum += x[e, n, c, h, w]);
        Dual mean = sum / pixels;
        Dual squares = 0;
        ForEachPixel(shape, (h, w) => squares += (x[e, n, c, h, w] - mean) * (x[e, n, c, h, w] - mean));
        return (mean, 1.0 / Dual.Sqrt(squares / pixels + (double)InstanceNorm.Epsilon));
    }

    private static void ForEachPlane(TensorShape shape, Action<int, int, int> visit)
    {
        for (int e = 0; e < shape.Members; e++)
            for (int n = 0; n < shape.Samples; n++)
                for (int c = 0; c < shape.Channels; c++)
                    visit(e, n, c);
    }

    private static void ForEachPixel(TensorShape shape, Action<int, int> visit)
    {
        for (int h = 0; h < shape.Height; h++)
            for (int w = 0; w < shape.Width; w++)
                visit(h, w);
    }
}
