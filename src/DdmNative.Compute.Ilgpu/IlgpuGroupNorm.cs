using DdmNative.Compute.Contracts;
using ILGPU;
using ILGPU.Algorithms;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// Group normalisation: the passes of <see cref="ChannelNormKernels"/>, and between them the statistics and means of every sample's groups,
/// one thread a group, over its channels in order.
/// </summary>
internal sealed class IlgpuGroupNorm(IlgpuDevice device) : GroupNorm
{
    private readonly ChannelNormKernels _kernels = new(device);

    protected override void ForwardCore(int groups, Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        NormImages images = Images(groups, y.Shape, x, statistics);
        using (Tensor moments = _kernels.ComputeMoments(images))
        {
            (MemberGrid grid, int blocks) = MemberGrid.Create(device, y.Shape.Members, y.Shape.Samples * groups);
            device.Launch<MeansArguments>(Statistics, blocks, device.Threads,
                memory => Arguments(grid, groups, y.Shape) with { Sums = memory.Operand(moments), Result = memory.Operand(statistics) });
        }
        _kernels.Forward(images, scale, shift, y);
    }

    protected override void ForwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
    {
        NormImages images = Images(groups, yTangent.Shape, x, statistics);
        using Tensor means = Means(groups, yTangent.Shape, 2);
        using (Tensor sums = _kernels.ComputeSums(images, xTangent))
            TakeMeans(groups, yTangent.Shape, means, 0, sums, null);
        _kernels.ForwardTangent(images, xTangent, OfGroups(groups, means, 2), scale, scaleTangent, shiftTangent, yTangent);
    }

    protected override void BackwardCore(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        NormImages images = Images(groups, xCotangent.Shape, x, statistics);
        using Tensor means = Means(groups, xCotangent.Shape, 2);
        using (Tensor sums = _kernels.ComputeSums(images, cotangent))
        {
            _kernels.AddSamples(images, sums, scaleCotangent, shiftCotangent);
            TakeMeans(groups, xCotangent.Shape, means, 0, sums, scale);
        }
        _kernels.Backward(images, cotangent, OfGroups(groups, means, 2), scale, xCotangent);
    }

    protected override void BackwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        TensorShape shape = xCotangentTangent.Shape;
        NormImages images = Images(groups, shape, x, statistics);
        using Tensor values = Means(groups, shape, 6);
        NormMeans means = OfGroups(groups, values, 6);
        using Tensor cotangentSums = _kernels.ComputeSums(images, cotangent);
        using (Tensor sums = _kernels.ComputeSums(images, xTangent))
            TakeMeans(groups, shape, values, 0, sums, null);
        TakeMeans(groups, shape, values, 2, cotangentSums, scale);
        using (Tensor sums = _kernels.ComputeTangentSums(images, xTangent, cotangent, cotangentTangent, means))
        {
            if (scaleCotangentTangent is not null)
                _kernels.AddSamples(images, sums, scaleCotangentTangent, shiftCotangentTangent);
            TakeMeans(groups, shape, values, 4, sums, scale, cotangentSums, scaleTangent);
        }
        _kernels.BackwardTangent(images, xTangent, cotangent, cotangentTangent, means, scale, scaleTangent, xCotangentTangent);
    }

    private static NormImages Images(int groups, TensorShape shape, Tensor x, Tensor statistics)
        => new(shape, x, null, new Slice(statistics, 0, groups), new Slice(statistics, groups, groups), DeviationIsVariance: false,
            StatisticsSample: 2 * groups, Group: shape.Channels / groups);

    private static NormMeans OfGroups(int groups, Tensor means, int values) => new(means, values * groups, groups, AreWeighted: true);

    private static MeansArguments Arguments(MemberGrid grid, int groups, TensorShape images)
        => new()
        {
            Grid = grid, Count = images.Samples * groups, Groups = groups, Channels = images.Channels,
            Pixels = images.Height * images.Width,
        };

    private Tensor Means(int groups, TensorShape images, int values)
        => device.AllocateTransient(new TensorShape(images.Members, images.Samples, values * groups));

    /// <summary>
    /// Writes the means over each group of weight·sum, and of other weight·other sum added to it, for both sums [E, N, 2, C], as values
    /// <paramref name="first"/> and the next; a weight that is absent is one.
    /// </summary>
    private void TakeMeans(
        int groups, TensorShape images, Tensor means, int first, Tensor sums, Slice? weight, Tensor? otherSums = null,
        Slice? otherWeight = null)
    {
        (MemberGrid grid, int blocks) = MemberGrid.Create(device, images.Members, images.Samples * groups);
        device.Launch<MeansArguments>(TakeMeans, blocks, device.Threads, memory => Arguments(grid, groups, images) with
        {
            MeansSample = means.Shape.Channels, First = first, HasWeight = weight is null ? 0 : 1, HasOther = otherSums is null ? 0 : 1,
            Sums = memory.Operand(sums), Weight = weight is Slice own ? memory.Operand(own) : memory.Operand(sums),
            OtherSums = memory.Operand(otherSums ?? sums),
            OtherWeight = otherWeight is Slice other ? memory.Operand(other) : memory.Operand(sums), Result = memory.Operand(means),
        });
    }

    /// <summary>Merges the moments of a group's channels, about the first one's mean, so that float32 is enough.</summary>
    internal static void Statistics(MeansArguments arguments)
    {
        int member = arguments.Grid.Member, size = arguments.Channels / arguments.Groups;
        (var moments, var statistics) = (arguments.Sums.View(member), arguments.Result.View(member));
        for (int i = arguments.Grid.First; i < arguments.Count; i += arguments.Grid.Step)
        {
            int sample = i / arguments.Groups, group = i % arguments.Groups;
            int first = 3 * sample * arguments.Channels + group * size;
            float pivot = moments[first], sum = 0, squares = 0;
            for (int at = first; at < first + size; at++)
                sum += moments[at] - pivot + moments[at + arguments.Channels] / arguments.Pixels;
            float mean = sum / size;
            for (int at = first; at < first + size; at++)
            {
                float rest = moments[at + arguments.Channels] / arguments.Pixels, away = moments[at] - pivot + rest - mean;
                squares += moments[at + 2 * arguments.Channels] / arguments.Pixels - rest * rest + away * away;
            }
            // A difference of sums may be a little below zero.
            float variance = IntrinsicMath.Max(squares / size, 0.0f);
            statistics[2 * sample * arguments.Groups + group] = pivot + mean;
            statistics[(2 * sample + 1) * arguments.Groups + group] = 1 / XMath.Sqrt(variance + Epsilon);
        }
    }

    internal static void TakeMeans(MeansArguments arguments)
    {
        int member = arguments.Grid.Member, channels = arguments.Channels, size = channels / arguments.Groups;
        (var sums, var weights, var means) = (arguments.Sums.View(member), arguments.Weight.View(member), arguments.Result.View(member));
        (var otherSums, var otherWeights) = (arguments.OtherSums.View(member), arguments.OtherWeight.View(member));
        for (int i = arguments.Grid.First; i < arguments.Count; i += arguments.Grid.Step)
        {
            int sample = i / arguments.Groups, group = i % arguments.Groups;
            float first = 0, second = 0;
            for (int c = group * size; c < (group + 1) * size; c++)
            {
                int at = 2 * sample * channels + c;
                float weight = arguments.HasWeight == 0 ? 1 : weights[c];
                first += weight * sums[at];
                second += weight * sums[at + channels];
                if (arguments.HasOther == 0)
                    continue;
                first += otherWeights[c] * otherSums[at];
                second += otherWeights[c] * otherSums[at + channels];
            }
            float count = (float)size * arguments.Pixels;
            int target = sample * arguments.MeansSample + arguments.First * arguments.Groups + group;
            means[target] = first / count;
            means[target + arguments.Groups] = second / count;
        }
    }

    internal struct MeansArguments
    {
        public MemberGrid Grid;
        public int Count;
        public int Groups;
        public int Channels;
        public int Pixels;
        public int MeansSample;
        public int First;
        public int HasWeight;
        public int HasOther;
        public Operand Sums;
        public Operand Weight;
        public Operand OtherSums;
        public Operand OtherWeight;
        public Operand Result;
    }
}
