using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>
/// Group normalisation step by step (mean, variance, reciprocal deviation, scale and shift) and its reverse, one chain-rule step per line,
/// in dual numbers, so that the tangents need no formula of their own.
/// </summary>
internal static class ReferenceGroupNorm
{
    public static DualTensor Forward(int members, int groups, DualTensor x, DualTensor scale, DualTensor shift)
    {
        TensorShape shape = x.Value.Shape.WithMembers(members);
        var y = DualTensor.Zeros(shape);
        ForEachGroup(shape, groups, (e, n, g) =>
        {
            (Dual mean, Dual reciprocal) = Statistics(groups, x, e, n, g);
            ForEachValue(shape, groups, g, (c, h, w) =>
                y[e, n, c, h, w] = scale[e, 0, c] * (x[e, n, c, h, w] - mean) * reciprocal + shift[e, 0, c]);
        });
        return y;
    }

    /// <summary>[E, N, 2G, 1, 1]: the means, then the reciprocal deviations.</summary>
    public static DoubleTensor Statistics(int members, int groups, DoubleTensor x)
    {
        TensorShape shape = x.Shape.WithMembers(members);
        var statistics = new DoubleTensor(GroupNorm.StatisticsShape(groups, shape));
        ForEachGroup(shape, groups, (e, n, g) =>
        {
            (Dual mean, Dual reciprocal) = Statistics(groups, x, e, n, g);
            statistics[e, n, g] = mean.Value;
            statistics[e, n, groups + g] = reciprocal.Value;
        });
        return statistics;
    }

    public static (DualTensor X, DualTensor Scale, DualTensor Shift) Backward(
        int members, int groups, DualTensor x, DualTensor cotangent, DualTensor scale)
    {
        TensorShape shape = x.Value.Shape.WithMembers(members);
        double count = shape.Channels / groups * shape.Height * shape.Width;
        var xCotangent = DualTensor.Zeros(shape);
        var scaleCotangent = DualTensor.Zeros(TensorShape.Vector(members, shape.Channels));
        var shiftCotangent = DualTensor.Zeros(TensorShape.Vector(members, shape.Channels));
        ForEachGroup(shape, groups, (e, n, g) =>
        {
            (Dual mean, Dual reciprocal) = Statistics(groups, x, e, n, g);
            Dual reciprocalCotangent = 0;
            Dual normalisedSum = 0;
            ForEachValue(shape, groups, g, (c, h, w) =>
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
            ForEachValue(shape, groups, g, (c, h, w) =>
            {
                Dual direct = scale[e, 0, c] * cotangent[e, n, c, h, w] * reciprocal;
                Dual throughVariance = varianceCotangent * 2.0 * (x[e, n, c, h, w] - mean) / count;
                xCotangent[e, n, c, h, w] = direct + throughVariance + meanCotangent / count;
            });
        });
        return (xCotangent, scaleCotangent, shiftCotangent);
    }

    private static (Dual Mean, Dual Reciprocal) Statistics(int groups, DualTensor x, int e, int n, int g)
    {
        TensorShape shape = x.Value.Shape;
        double count = shape.Channels / groups * shape.Height * shape.Width;
        Dual sum = 0;
        ForEachValue(shape, groups, g, (c, h, w) => sum += x[e, n, c, h, w]);
        Dual mean = sum / count;
        Dual squares = 0;
        ForEachValue(shape, groups, g, (c, h, w) => squares += (x[e, n, c, h, w] - mean) * (x[e, n, c, h, w] - mean));
        return (mean, 1.0 / Dual.Sqrt(squares / count + (double)GroupNorm.Epsilon));
    }

    private static void ForEachGroup(TensorShape shape, int groups, Action<int, int, int> visit)
    {
        for (int e = 0; e < shape.Members; e++)
            for (int n = 0; n < shape.Samples; n++)
                for (int g = 0; g < groups; g++)
                    visit(e, n, g);
    }

    private static void ForEachValue(TensorShape shape, int groups, int group, Action<int, int, int> visit)
    {
        int channels = shape.Channels / groups;
        for (int c = group * channels; c < (group + 1) * channels; c++)
            for (int h = 0; h < shape.Height; h++)
                for (int w = 0; w < shape.Width; w++)
                    visit(c, h, w);
    }
}
