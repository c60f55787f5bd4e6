using DdmNative.Compute.Contracts;
using ILGPU;
using ILGPU.Algorithms;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// Instance normalisation (docs/mathematics.md, "Instance norm"): one group for each plane of H·W pixels, which is contiguous. A sum runs
/// over each thread's pixels, then over the group; passes after the first find the plane in the first-level cache. Results are assigned
/// (=); parameter cotangents are sums over the samples too, so each plane writes its part to [E, N, 2C] and a second kernel adds the parts
/// in order. Variance is that of the deviations from the mean. Bound: memory.
/// </summary>
internal sealed class IlgpuInstanceNorm(IlgpuDevice device) : InstanceNorm
{
    protected override void ForwardCore(Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        (PlaneGrid planes, int groups, int threads) = Planes(y.Shape);
        device.Launch<ForwardArguments>(Forward, groups, threads, memory => new()
        {
            Planes = planes, X = memory.Operand(x), Scale = memory.Operand(scale), Shift = memory.Operand(shift), Y = memory.Operand(y),
            Statistics = memory.Operand(statistics),
        });
    }

    protected override void ForwardTangentCore(
        Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
    {
        (PlaneGrid planes, int groups, int threads) = Planes(yTangent.Shape);
        device.Launch<ForwardTangentArguments>(ForwardTangent, groups, threads, memory => new()
        {
            Planes = planes, X = memory.Operand(x), XTangent = memory.Operand(xTangent), Statistics = memory.Operand(statistics),
            Scale = memory.Operand(scale),
            ScaleTangent = memory.Operand(scaleTangent), ShiftTangent = memory.Operand(shiftTangent), YTangent = memory.Operand(yTangent),
        });
    }

    protected override void BackwardCore(
        Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent)
    {
        (PlaneGrid planes, int groups, int threads) = Planes(xCotangent.Shape);
        using Tensor shares = device.AllocateTransient(StatisticsShape(xCotangent.Shape));
        device.Launch<BackwardArguments>(Backward, groups, threads, memory => new()
        {
            Planes = planes, X = memory.Operand(x), Statistics = memory.Operand(statistics), Cotangent = memory.Operand(cotangent),
            Scale = memory.Operand(scale),
            XCotangent = memory.Operand(xCotangent), Shares = memory.Operand(shares),
        });
        SumShares(shares, scaleCotangent, shiftCotangent);
    }

    protected override void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        (PlaneGrid planes, int groups, int threads) = Planes(xCotangentTangent.Shape);
        using Tensor shares = device.AllocateTransient(StatisticsShape(xCotangentTangent.Shape));
        device.Launch<BackwardTangentArguments>(BackwardTangent, groups, threads, memory => new()
        {
            Planes = planes, X = memory.Operand(x), XTangent = memory.Operand(xTangent), Statistics = memory.Operand(statistics),
            Cotangent = memory.Operand(cotangent),
            CotangentTangent = memory.Operand(cotangentTangent), Scale = memory.Operand(scale), ScaleTangent = memory.Operand(scaleTangent),
            XCotangentTangent = memory.Operand(xCotangentTangent), Shares = memory.Operand(shares),
        });
        if (scaleCotangentTangent is Slice scaleResult && shiftCotangentTangent is Slice shiftResult)
            SumShares(shares, scaleResult, shiftResult);
    }

    private (PlaneGrid Planes, int Groups, int Threads) Planes(TensorShape images)
    {
        (int planes, int pixels) = (images.Samples * images.Channels, images.Height * images.Width);
        (MemberGrid grid, int groups) = MemberGrid.CreateForGroups(device, images.Members, planes);
        // Few pixels do not fill a large group. The group's size determines the order of the sums, and depends only on the plane.
        int threads = Math.Min(device.Threads, pixels <= 256 ? 64 : 256);
        return (new PlaneGrid { Grid = grid, Count = planes, Pixels = pixels, Channels = images.Channels }, groups, threads);
    }

    private void SumShares(Tensor shares, Slice scale, Slice shift)
    {
        int channels = scale.Length;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, shares.Shape.Members, channels);
        device.Launch<SharesArguments>(SumShares, groups, device.Threads, memory => new()
        {
            Grid = grid, Samples = shares.Shape.Samples, Channels = channels, Shares = memory.Operand(shares),
            Scale = memory.Operand(scale), Shift = memory.Operand(shift),
        });
    }

    internal static void Forward(ForwardArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        PlaneGrid planes = arguments.Planes;
        int member = planes.Grid.Member;
        (var x, var y, var statistics) = (arguments.X.View(member), arguments.Y.View(member), arguments.Statistics.View(member));
        (var scale, var shift) = (arguments.Scale.View(member), arguments.Shift.View(member));
        for (int plane = planes.Grid.FirstOfGroup; plane < planes.Count; plane += planes.Grid.StepOfGroups)
        {
            (int first, int channel) = (plane * planes.Pixels, plane % planes.Channels);
            float sum = 0;
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
                sum += x[first + i];
            float mean = GroupSum.Compute(new Four(sum, 0, 0, 0), scratch).X / planes.Pixels;
            float squares = 0;
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
            {
                float deviation = x[first + i] - mean;
                squares += deviation * deviation;
            }
            float reciprocal = 1 / XMath.Sqrt(GroupSum.Compute(new Four(squares, 0, 0, 0), scratch).X / planes.Pixels + Epsilon);
            float factor = reciprocal * scale[channel], offset = shift[channel];
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
                y[first + i] = (x[first + i] - mean) * factor + offset;
            if (Group.IdxX == 0)
            {
                int at = planes.StatisticsOf(plane);
                statistics[at] = mean;
                statistics[at + planes.Channels] = reciprocal;
            }
        }
    }

    internal static void ForwardTangent(ForwardTangentArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        PlaneGrid planes = arguments.Planes;
        int member = planes.Grid.Member;
        (var x, var tangent, var y) = (arguments.X.View(member), arguments.XTangent.View(member), arguments.YTangent.View(member));
        (var statistics, var scales, var scaleTangents, var shiftTangents)
            = (arguments.Statistics.View(member), arguments.Scale.View(member), arguments.ScaleTangent.View(member),
            arguments.ShiftTangent.View(member));
        for (int plane = planes.Grid.FirstOfGroup; plane < planes.Count; plane += planes.Grid.StepOfGroups)
        {
            (int first, int channel, int at) = (plane * planes.Pixels, plane % planes.Channels, planes.StatisticsOf(plane));
            float mean = statistics[at], reciprocal = statistics[at + planes.Channels];
            float sum = 0, product = 0;
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
            {
                float dot = tangent[first + i];
                sum += dot;
                product += (x[first + i] - mean) * reciprocal * dot;
            }
            Four means = GroupSum.Compute(new Four(sum, product, 0, 0), scratch);
            float meanTangent = means.X / planes.Pixels, meanProduct = means.Y / planes.Pixels;
            float factor = scales[channel] * reciprocal, scaleTangent = scaleTangents[channel], shiftTangent = shiftTangents[channel];
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
            {
                float normal = (x[first + i] - mean) * reciprocal;
                y[first + i] = scaleTangent * normal + factor * (tangent[first + i] - meanTangent - normal * meanProduct) + shiftTangent;
            }
        }
    }

    internal static void Backward(BackwardArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        PlaneGrid planes = arguments.Planes;
        int member = planes.Grid.Member;
        (var x, var cotangent, var result) = (arguments.X.View(member), arguments.Cotangent.View(member),
            arguments.XCotangent.View(member));
        (var statistics, var scales, var shares) = (arguments.Statistics.View(member), arguments.Scale.View(member),
            arguments.Shares.View(member));
        for (int plane = planes.Grid.FirstOfGroup; plane < planes.Count; plane += planes.Grid.StepOfGroups)
        {
            (int first, int channel, int at) = (plane * planes.Pixels, plane % planes.Channels, planes.StatisticsOf(plane));
            float mean = statistics[at], reciprocal = statistics[at + planes.Channels];
            float sum = 0, product = 0;
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
            {
                float error = cotangent[first + i];
                sum += error;
                product += (x[first + i] - mean) * reciprocal * error;
            }
            Four sums = GroupSum.Compute(new Four(sum, product, 0, 0), scratch);
            float meanError = sums.X / planes.Pixels, meanProduct = sums.Y / planes.Pixels, factor = scales[channel] * reciprocal;
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
                result[first + i] = factor * (cotangent[first + i] - meanError - (x[first + i] - mean) * reciprocal * meanProduct);
            if (Group.IdxX == 0)
            {
                shares[at] = sums.Y;
                shares[at + planes.Channels] = sums.X;
            }
        }
    }

    internal static void BackwardTangent(BackwardTangentArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        PlaneGrid planes = arguments.Planes;
        int member = planes.Grid.Member;
        (var x, var xTangent, var cotangent, var cotangentTangent)
            = (arguments.X.View(member), arguments.XTangent.View(member), arguments.Cotangent.View(member),
            arguments.CotangentTangent.View(member));
        (var statistics, var scales, var scaleTangents) = (arguments.Statistics.View(member), arguments.Scale.View(member),
            arguments.ScaleTangent.View(member));
        (var result, var shares) = (arguments.XCotangentTangent.View(member), arguments.Shares.View(member));
        for (int plane = planes.Grid.FirstOfGroup; plane < planes.Count; plane += planes.Grid.StepOfGroups)
        {
            (int first, int channel, int at) = (plane * planes.Pixels, plane % planes.Channels, planes.StatisticsOf(plane));
            float mean = statistics[at], reciprocal = statistics[at + planes.Channels];
            float scale = scales[channel], scaleTangent = scaleTangents[channel];

            // Σẋ, Σx̂ẋ, Σδ, Σδx̂
            Four own = default;
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
            {
                float normal = (x[first + i] - mean) * reciprocal, dot = xTangent[first + i], error = cotangent[first + i];
                own += new Four(dot, normal * dot, error, normal * error);
            }
            Four sums = GroupSum.Compute(own, scratch);
            float meanDot = sums.X / planes.Pixels, meanNormalDot = sums.Y / planes.Pixels, meanError = sums.Z / planes.Pixels,
                meanNormalError = sums.W / planes.Pixels;

            // Σδ̇, Σ(δ̇x̂ + δx̂̇)
            Four ownTangents = default;
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
            {
                float normal = (x[first + i] - mean) * reciprocal, errorDot = cotangentTangent[first + i];
                float normalDot = reciprocal * (xTangent[first + i] - meanDot - normal * meanNormalDot);
                ownTangents += new Four(errorDot, errorDot * normal + cotangent[first + i] * normalDot, 0, 0);
            }
            Four tangents = GroupSum.Compute(ownTangents, scratch);
            float meanErrorDot = tangents.X / planes.Pixels, meanNormalErrorDot = tangents.Y / planes.Pixels;

            float meanDDot = scaleTangent * meanError + scale * meanErrorDot,
                meanNormalDDot = scaleTangent * meanNormalError + scale * meanNormalErrorDot;
            for (int i = Group.IdxX; i < planes.Pixels; i += Group.DimX)
            {
                float normal = (x[first + i] - mean) * reciprocal, error = cotangent[first + i];
                float normalDot = reciprocal * (xTangent[first + i] - meanDot - normal * meanNormalDot);
                float image = scale * (error - meanError - normal * meanNormalError);
                float dDot = scaleTangent * error + scale * cotangentTangent[first + i];
                result[first + i] = reciprocal
                    * (dDot - meanDDot - normalDot * scale * meanNormalError - normal * meanNormalDDot - reciprocal * meanNormalDot
                    * image);
            }
            if (Group.IdxX == 0)
            {
                shares[at] = tangents.Y;
                shares[at + planes.Channels] = tangents.X;
            }
        }
    }

    internal static void SumShares(SharesArguments arguments)
    {
        int member = arguments.Grid.Member;
        (var shares, var scale, var shift) = (arguments.Shares.View(member), arguments.Scale.View(member), arguments.Shift.View(member));
        for (int c = arguments.Grid.First; c < arguments.Channels; c += arguments.Grid.Step)
        {
            float scaleSum = 0, shiftSum = 0;
            for (int n = 0; n < arguments.Samples; n++)
            {
                int at = 2 * n * arguments.Channels + c;
                scaleSum += shares[at];
                shiftSum += shares[at + arguments.Channels];
            }
            scale[c] = scaleSum;
            shift[c] = shiftSum;
        }
    }

    /// <summary>A member's planes, one group a plane.</summary>
    internal struct PlaneGrid
    {
        public MemberGrid Grid;
        public int Count;
        public int Pixels;
        public int Channels;

        /// <summary>The index of the plane's mean in [N, 2C]; its reciprocal deviation is <see cref="Channels"/> after it.</summary>
        public readonly int StatisticsOf(int plane)
        {
            int sample = plane / Channels;
            return plane + sample * Channels;
        }
    }

    internal struct ForwardArguments
    {
        public PlaneGrid Planes;
        public Operand X;
        public Operand Scale;
        public Operand Shift;
        public Operand Y;
        public Operand Statistics;
    }

    internal struct ForwardTangentArguments
    {
        public PlaneGrid Planes;
        public Operand X;
        public Operand XTangent;
        public Operand Statistics;
        public Operand Scale;
        public Operand ScaleTangent;
        public Operand ShiftTangent;
        public Operand YTangent;
    }

    internal struct BackwardArguments
    {
        public PlaneGrid Planes;
        public Operand X;
        public Operand Statistics;
        public Operand Cotangent;
        public Operand Scale;
        public Operand XCotangent;
        public Operand Shares;
    }

    internal struct BackwardTangentArguments
    {
        public PlaneGrid Planes;
        public Operand X;
        public Operand XTangent;
        public Operand Statistics;
        public Operand Cotangent;
        public Operand CotangentTangent;
        public Operand Scale;
        public Operand ScaleTangent;
        public Operand XCotangentTangent;
        public Operand Shares;
    }

    internal struct SharesArguments
    {
        public MemberGrid Grid;
        public int Samples;
        public int Channels;
        public Operand Shares;
        public Operand Scale;
        public Operand Shift;
    }
}
