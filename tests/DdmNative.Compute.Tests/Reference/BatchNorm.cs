using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>
/// Batch normalisation step by step (mean, variance, reciprocal deviation, scale and shift) over the present samples, and its reverse, one
/// chain-rule step per line, in dual numbers, so that the tangents need no formula of their own.
/// </summary>
internal static class ReferenceBatchNorm
{
    public static DualTensor Forward(int members, DualTensor x, DoubleTensor? presence, DualTensor scale, DualTensor shift)
    {
        TensorShape shape = x.Value.Shape.WithMembers(members);
        var y = DualTensor.Zeros(shape);
        ForEachChannel(shape, (e, c) =>
        {
            (Dual mean, Dual reciprocal, _) = Statistics(x, presence, e, c);
            ForEachPixel(shape, null, e, (n, h, w) =>
                y[e, n, c, h, w] = scale[e, 0, c] * (x[e, n, c, h, w] - mean) * reciprocal + shift[e, 0, c]);
        });
        return y;
    }

    /// <summary>[E, 1, 3C, 1, 1]: the means, the reciprocal deviations, and the unbiased variances, −1 without a present sample.</summary>
    public static DoubleTensor Statistics(int members, DoubleTensor x, DoubleTensor? presence)
    {
        TensorShape shape = x.Shape.WithMembers(members);
        var statistics = new DoubleTensor(BatchNorm.StatisticsShape(shape));
        ForEachChannel(shape, (e, c) =>
        {
            (Dual mean, Dual reciprocal, double variance) = Statistics((DualTensor)x, presence, e, c);
            int count = Count(shape, presence, e);
            statistics[e, 0, c] = mean.Value;
            statistics[e, 0, shape.Channels + c] = reciprocal.Value;
            statistics[e, 0, 2 * shape.Channels + c] = count switch
            {
                0 => -1,
                1 => variance,
                _ => variance * count / (count - 1),
            };
        });
        return statistics;
    }

    public static (DualTensor X, DualTensor Scale, DualTensor Shift) Backward(
        int members, DualTensor x, DoubleTensor? presence, DualTensor cotangent, DualTensor scale)
    {
        TensorShape shape = x.Value.Shape.WithMembers(members);
        var xCotangent = DualTensor.Zeros(shape);
        var scaleCotangent = DualTensor.Zeros(TensorShape.Vector(members, shape.Channels));
        var shiftCotangent = DualTensor.Zeros(TensorShape.Vector(members, shape.Channels));
        ForEachChannel(shape, (e, c) =>
        {
            (Dual mean, Dual reciprocal, _) = Statistics(x, presence, e, c);
            double count = Count(shape, presence, e);
            Dual reciprocalCotangent = 0;
            Dual normalisedSum = 0;
            ForEachPixel(shape, presence, e, (n, h, w) =>
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
            ForEachPixel(shape, presence, e, (n, h, w) =>
            {
                Dual direct = scale[e, 0, c] * cotangent[e, n, c, h, w] * reciprocal;
                Dual throughVariance = varianceCotangent * 2.0 * (x[e, n, c, h, w] - mean) / count;
                xCotangent[e, n, c, h, w] = direct + throughVariance + meanCotangent / count;
            });
        });
        return (xCotangent, scaleCotangent, shiftCotangent);
    }

    /// <summary>The running means and variances after a batch with the given statistics.</summary>
    public static (DoubleTensor Mean, DoubleTensor Variance) UpdateRunning(
        DoubleTensor statistics, double momentum, DoubleTensor mean, DoubleTensor variance)
    {
        (var newMean, var newVariance) = (new DoubleTensor(mean.Shape), new DoubleTensor(mean.Shape));
        int channels = mean.Shape.Channels;
        ForEachChannel(mean.Shape, (e, c) =>
        {
            double taken = statistics[e, 0, 2 * channels + c] < 0 ? 0 : momentum;
            newMean[e, 0, c] = (1 - taken) * mean[e, 0, c] + taken * statistics[e, 0, c];
            newVariance[e, 0, c] = (1 - taken) * variance[e, 0, c] + taken * statistics[e, 0, 2 * channels + c];
        });
        return (newMean, newVariance);
    }

    private static (Dual Mean, Dual Reciprocal, double Variance) Statistics(DualTensor x, DoubleTensor? presence, int e, int c)
    {
        TensorShape shape = x.Value.Shape;
        double count = Math.Max(Count(shape, presence, e), 1);
        Dual sum = 0;
        ForEachPixel(shape, presence, e, (n, h, w) => sum += x[e, n, c, h, w]);
        Dual mean = sum / count;
        Dual squares = 0;
        ForEachPixel(shape, presence, e, (n, h, w) => squares += (x[e, n, c, h, w] - mean) * (x[e, n, c, h, w] - mean));
        Dual variance = squares / count;
        return (mean, 1.0 / Dual.Sqrt(variance + (double)BatchNorm.Epsilon), variance.Value);
    }

    /// <summary>The values of a channel that are in a member's batch.</summary>
    private static int Count(TensorShape shape, DoubleTensor? presence, int e)
    {
        int count = 0;
        ForEachPixel(shape, presence, e, (_, _, _) => count++);
        return count;
    }

    private static void ForEachChannel(TensorShape shape, Action<int, int> visit)
    {
        for (int e = 0; e < shape.Members; e++)
            for (int c = 0; c < shape.Channels; c++)
                visit(e, c);
    }

    /// <summary>Visits the pixels of all samples, or of those that are present.</summary>
    private static void ForEachPixel(TensorShape shape, DoubleTensor? presence, int e, Action<int, int, int> visit)
    {
        for (int n = 0; n < shape.Samples; n++)
            if (presence is null || presence[e, n, 0] != 0)
                for (int h = 0; h < shape.Height; h++)
                    for (int w = 0; w < shape.Width; w++)
                        visit(n, h, w);
    }
}
