using DdmNative.Compute.Contracts;
using ILGPU;
using ILGPU.Algorithms;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// Batch normalisation: the passes of <see cref="ChannelNormKernels"/>, and between them the statistics and means over the present samples,
/// one thread a channel, in the samples' order.
/// </summary>
internal sealed class IlgpuBatchNorm(IlgpuDevice device) : BatchNorm
{
    private readonly ChannelNormKernels _kernels = new(device);

    protected override void ForwardCore(Tensor x, Tensor? presence, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        NormImages images = Images(y.Shape, x, presence, statistics);
        TensorShape shape = y.Shape;
        using (Tensor moments = _kernels.ComputeMoments(images))
        {
            (MemberGrid grid, int groups) = MemberGrid.Create(device, shape.Members, shape.Channels);
            device.Launch<StatisticsArguments>(Statistics, groups, device.Threads, memory => new()
            {
                Grid = grid, Samples = shape.Samples, Channels = shape.Channels, Pixels = shape.Height * shape.Width,
                HasPresence = presence is null ? 0 : 1, Moments = memory.Operand(moments), Presence = memory.Operand(presence ?? moments),
                Statistics = memory.Operand(statistics),
            });
        }
        _kernels.Forward(images, scale, shift, y);
    }

    protected override void ForwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent,
        Tensor yTangent)
    {
        NormImages images = Images(yTangent.Shape, x, presence, statistics);
        using Tensor means = Means(yTangent.Shape, 2);
        using (Tensor sums = _kernels.ComputeSums(images, xTangent))
            _kernels.AddSamples(images, sums, null, null, means);
        _kernels.ForwardTangent(images, xTangent, OfBatch(means, images), scale, scaleTangent, shiftTangent, yTangent);
    }

    protected override void BackwardCore(
        Tensor x, Tensor? presence, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        NormImages images = Images(xCotangent.Shape, x, presence, statistics);
        using Tensor means = Means(xCotangent.Shape, 2);
        using (Tensor sums = _kernels.ComputeSums(images, cotangent))
            _kernels.AddSamples(images, sums, scaleCotangent, shiftCotangent, means);
        _kernels.Backward(images, cotangent, OfBatch(means, images), scale, xCotangent);
    }

    protected override void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        NormImages images = Images(xCotangentTangent.Shape, x, presence, statistics);
        using Tensor values = Means(xCotangentTangent.Shape, 6);
        NormMeans means = OfBatch(values, images);
        using (Tensor sums = _kernels.ComputeSums(images, xTangent))
            _kernels.AddSamples(images, sums, null, null, values);
        using (Tensor sums = _kernels.ComputeSums(images, cotangent))
            _kernels.AddSamples(images, sums, null, null, values, first: 2);
        using (Tensor sums = _kernels.ComputeTangentSums(images, xTangent, cotangent, cotangentTangent, means))
            _kernels.AddSamples(images, sums, scaleCotangentTangent, shiftCotangentTangent, values, first: 4);
        _kernels.BackwardTangent(images, xTangent, cotangent, cotangentTangent, means, scale, scaleTangent, xCotangentTangent);
    }

    protected override void UpdateRunningCore(Tensor statistics, float momentum, Slice runningMean, Slice runningVariance)
    {
        int channels = runningMean.Length;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, runningMean.Vector.Shape.Members, channels);
        device.Launch<UpdateArguments>(UpdateRunning, groups, device.Threads, memory => new()
        {
            Grid = grid, Channels = channels, Momentum = momentum, Statistics = memory.Operand(statistics),
            Mean = memory.Operand(runningMean), Variance = memory.Operand(runningVariance),
        });
    }

    private static NormImages Images(TensorShape shape, Tensor x, Tensor? presence, Tensor statistics)
        => new(shape, x, presence, new Slice(statistics, 0, shape.Channels), new Slice(statistics, shape.Channels, shape.Channels),
            DeviationIsVariance: false, StatisticsSample: 0, Group: 1);

    private Tensor Means(TensorShape images, int values)
        => device.AllocateTransient(TensorShape.Vector(images.Members, values * images.Channels));

    private static NormMeans OfBatch(Tensor means, NormImages images) => new(means, 0, images.Shape.Channels, AreWeighted: false);

    /// <summary>
    /// Merges the moments of the present samples (Chan, Golub and LeVeque 1979), about the first one's mean, so that float32 is enough.
    /// </summary>
    internal static void Statistics(StatisticsArguments arguments)
    {
        int member = arguments.Grid.Member, channels = arguments.Channels;
        (var moments, var presence, var statistics) =
            (arguments.Moments.View(member), arguments.Presence.View(member), arguments.Statistics.View(member));
        for (int c = arguments.Grid.First; c < channels; c += arguments.Grid.Step)
        {
            float pivot = 0, sum = 0;
            int present = 0;
            for (int n = 0; n < arguments.Samples; n++)
            {
                if (arguments.HasPresence != 0 && presence[n] == 0)
                    continue;
                int at = 3 * n * channels + c;
                if (present == 0)
                    pivot = moments[at];
                sum += moments[at] - pivot + moments[at + channels] / arguments.Pixels;
                present++;
            }
            float mean = sum / IntrinsicMath.Max(present, 1), squares = 0;
            for (int n = 0; n < arguments.Samples; n++)
            {
                if (arguments.HasPresence != 0 && presence[n] == 0)
                    continue;
                int at = 3 * n * channels + c;
                float rest = moments[at + channels] / arguments.Pixels, away = moments[at] - pivot + rest - mean;
                squares += moments[at + 2 * channels] - arguments.Pixels * rest * rest + arguments.Pixels * away * away;
            }
            // A difference of sums may be a little below zero.
            squares = IntrinsicMath.Max(squares, 0.0f);
            float count = present * (float)arguments.Pixels;
            statistics[c] = pivot + mean;
            statistics[channels + c] = 1 / XMath.Sqrt(squares / IntrinsicMath.Max(count, 1.0f) + Epsilon);
            statistics[2 * channels + c] = present == 0 ? -1 : squares / IntrinsicMath.Max(count - 1, 1.0f);
        }
    }

    internal static void UpdateRunning(UpdateArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var statistics, var mean, var variance) =
            (arguments.Statistics.View(member), arguments.Mean.View(member), arguments.Variance.View(member));
        for (int c = arguments.Grid.First; c < arguments.Channels; c += arguments.Grid.Step)
        {
            float batch = statistics[2 * arguments.Channels + c];
            // No sample was present.
            if (batch < 0)
                continue;
            mean[c] = (1 - arguments.Momentum) * mean[c] + arguments.Momentum * statistics[c];
            variance[c] = (1 - arguments.Momentum) * variance[c] + arguments.Momentum * batch;
        }
    }

    internal struct StatisticsArguments
    {
        public MemberGrid Grid;
        public int Samples;
        public int Channels;
        public int Pixels;
        public int HasPresence;
        public Operand Moments;
        public Operand Presence;
        public Operand Statistics;
    }

    internal struct UpdateArguments
    {
        public MemberGrid Grid;
        public int Channels;
        public float Momentum;
        public Operand Statistics;
        public Operand Mean;
        public Operand Variance;
    }
}
