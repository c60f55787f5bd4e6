using DdmNative.Compute.Contracts;
using DdmNative.Compute.Ilgpu.Plans;
using ILGPU;
using ILGPU.Algorithms;

namespace DdmNative.Compute.Ilgpu;

/// <summary>
/// The passes over images of batch norm, frozen batch norm and group norm (docs/mathematics.md, "Batch norm" and "Group norm"), one group
/// of threads for each plane of H·W pixels, which is contiguous. They differ in what the means are over, which other kernels compute
/// between a pass that sums and a pass that writes. Results are assigned (=); sums go to [E, N, values, C]. Bound: memory.
/// </summary>
internal sealed class ChannelNormKernels(IlgpuDevice device)
{
    /// <summary>Writes the mean m, Σ(x − m) and Σ(x − m)² of every plane, [E, N, 3, C].</summary>
    public Tensor ComputeMoments(NormImages images)
    {
        Tensor moments = Sums(images, 3);
        Launch(Moments, images, default, memory => new() { Result = memory.Operand(moments) });
        return moments;
    }

    /// <summary>Writes Σ u and Σ x̂u of every plane, [E, N, 2, C].</summary>
    public Tensor ComputeSums(NormImages images, Tensor u)
    {
        Tensor sums = Sums(images, 2);
        Launch(PlaneSums, images, default, memory => new() { Cotangent = memory.Operand(u), Result = memory.Operand(sums) });
        return sums;
    }

    /// <summary>Writes Σ δ̇ and Σ(δ̇x̂ + δx̂̇) of every plane, [E, N, 2, C].</summary>
    public Tensor ComputeTangentSums(NormImages images, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, NormMeans means)
    {
        Tensor sums = Sums(images, 2);
        Launch(TangentSums, images, means, memory => new()
        {
            HasTangent = xTangent is null ? 0 : 1, XTangent = memory.Operand(xTangent ?? images.X), Cotangent = memory.Operand(cotangent),
            CotangentTangent = memory.Operand(cotangentTangent), Result = memory.Operand(sums),
        });
        return sums;
    }

    /// <summary>Adds the present samples' sums [E, N, 2, C]: the totals of the first to the shift, those of the second to the scale.
    /// </summary>
    /// <param name="images">The images that were summed.</param>
    /// <param name="sums">Every sample's two sums.</param>
    /// <param name="scale">Receives the totals of the second.</param>
    /// <param name="shift">Receives the totals of the first.</param>
    /// <param name="means">Receives the means of both, as values <paramref name="first"/> and the next.</param>
    /// <param name="first">Where in the means.</param>
    public void AddSamples(NormImages images, Tensor sums, Slice? scale, Slice? shift, Tensor? means = null, int first = 0)
    {
        TensorShape shape = images.Shape;
        (MemberGrid grid, int groups) = MemberGrid.Create(device, shape.Members, shape.Channels);
        device.Launch<TotalsArguments>(Totals, groups, device.Threads, memory => new()
        {
            Grid = grid, Samples = shape.Samples, Channels = shape.Channels, Pixels = shape.Height * shape.Width,
            HasPresence = images.Presence is null ? 0 : 1, HasParameters = scale is null ? 0 : 1, HasMeans = means is null ? 0 : 1,
            FirstMean = first * shape.Channels, Sums = memory.Operand(sums), Presence = memory.Operand(images.Presence ?? sums),
            Scale = scale is Slice scaleResult ? memory.Operand(scaleResult) : memory.Operand(sums),
            Shift = shift is Slice shiftResult ? memory.Operand(shiftResult) : memory.Operand(sums), Means = memory.Operand(means ?? sums),
        });
    }

    public void Forward(NormImages images, Slice scale, Slice shift, Tensor y)
        => Launch(Forward, images, default, memory => new()
        {
            Scale = memory.Operand(scale), Shift = memory.Operand(shift), Result = memory.Operand(y),
        });

    public void ForwardTangent(
        NormImages images, Tensor? xTangent, NormMeans means, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
        => Launch(ForwardTangent, images, means, memory => new()
        {
            HasTangent = xTangent is null ? 0 : 1, XTangent = memory.Operand(xTangent ?? images.X), Scale = memory.Operand(scale),
            ScaleTangent = memory.Operand(scaleTangent), Shift = memory.Operand(shiftTangent), Result = memory.Operand(yTangent),
        });

    public void Backward(NormImages images, Tensor cotangent, NormMeans means, Slice scale, Tensor xCotangent)
        => Launch(Backward, images, means, memory => new()
        {
            Cotangent = memory.Operand(cotangent), Scale = memory.Operand(scale), Result = memory.Operand(xCotangent),
        });

    public void BackwardTangent(
        NormImages images, Tensor? xTangent, Tensor cotangent, Tensor cotangentTangent, NormMeans means, Slice scale, Slice scaleTangent,
        Tensor result)
        => Launch(BackwardTangent, images, means, memory => new()
        {
            XTangent = memory.Operand(xTangent ?? images.X), Cotangent = memory.Operand(cotangent),
            CotangentTangent = memory.Operand(cotangentTangent), Scale = memory.Operand(scale),
            ScaleTangent = memory.Operand(scaleTangent), Result = memory.Operand(result),
        });

    private Tensor Sums(NormImages images, int values)
        => device.AllocateTransient(new TensorShape(images.Shape.Members, images.Shape.Samples, values * images.Shape.Channels));

    /// <summary>Launches a pass; the operands that it does not have are replaced by x, because a kernel's views must be valid.</summary>
    private void Launch(Action<PassArguments> pass, NormImages images, NormMeans means, Func<IOperandMemory, PassArguments> operands)
    {
        TensorShape shape = images.Shape;
        (int planes, int pixels) = (shape.Samples * shape.Channels, shape.Height * shape.Width);
        (MemberGrid grid, int groups) = MemberGrid.CreateForGroups(device, shape.Members, planes);
        // Few pixels do not fill a large group. The group's size determines the order of the sums, and depends only on the plane.
        int threads = Math.Min(device.Threads, pixels <= 256 ? 64 : 256);
        device.Launch<PassArguments>(pass, groups, threads, memory =>
        {
            PassArguments arguments = operands(memory);
            Operand x = memory.Operand(images.X);
            (arguments.Grid, arguments.Planes, arguments.Pixels, arguments.Channels) = (grid, planes, pixels, shape.Channels);
            (arguments.Group, arguments.StatisticsSample) = (images.Group, images.StatisticsSample);
            (arguments.X, arguments.HasPresence, arguments.DeviationIsVariance) =
                (x, images.Presence is null ? 0 : 1, images.DeviationIsVariance ? 1 : 0);
            arguments.Presence = images.Presence is null ? x : memory.Operand(images.Presence);
            arguments.Mean = images.Mean is Slice mean ? memory.Operand(mean) : x;
            arguments.Deviation = images.Deviation is Slice deviation ? memory.Operand(deviation) : x;
            (arguments.HasMeans, arguments.MeansSample, arguments.MeansStride, arguments.AreWeighted) =
                (means.Values is null ? 0 : 1, means.SampleStride, means.Stride, means.AreWeighted ? 1 : 0);
            arguments.Means = means.Values is null ? x : memory.Operand(means.Values);
            arguments.XTangent = OrElse(arguments.XTangent, x);
            arguments.Cotangent = OrElse(arguments.Cotangent, x);
            arguments.CotangentTangent = OrElse(arguments.CotangentTangent, x);
            arguments.Scale = OrElse(arguments.Scale, x);
            arguments.ScaleTangent = OrElse(arguments.ScaleTangent, x);
            arguments.Shift = OrElse(arguments.Shift, x);
            return arguments;
        });
    }

    private static Operand OrElse(Operand operand, Operand other) => operand.Data.IsValid ? operand : other;

    internal static void Moments(PassArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        int member = arguments.Grid.Member, pixels = arguments.Pixels;
        (var x, var moments) = (arguments.X.View(member), arguments.Result.View(member));
        for (int plane = arguments.Grid.FirstOfGroup; plane < arguments.Planes; plane += arguments.Grid.StepOfGroups)
        {
            int first = plane * pixels;
            float sum = 0;
            for (int i = Group.IdxX; i < pixels; i += Group.DimX)
                sum += x[first + i];
            float mean = GroupSum.Compute(new Four(sum, 0, 0, 0), scratch).X / pixels;
            float rest = 0, squares = 0;
            for (int i = Group.IdxX; i < pixels; i += Group.DimX)
            {
                float away = x[first + i] - mean;
                rest += away;
                squares += away * away;
            }
            Four sums = GroupSum.Compute(new Four(rest, squares, 0, 0), scratch);
            if (Group.IdxX == 0)
            {
                int at = plane + 2 * (plane / arguments.Channels) * arguments.Channels;
                moments[at] = mean;
                moments[at + arguments.Channels] = sums.X;
                moments[at + 2 * arguments.Channels] = sums.Y;
            }
        }
    }

    internal static void PlaneSums(PassArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        int member = arguments.Grid.Member, pixels = arguments.Pixels;
        (var x, var u, var result) = (arguments.X.View(member), arguments.Cotangent.View(member), arguments.Result.View(member));
        for (int plane = arguments.Grid.FirstOfGroup; plane < arguments.Planes; plane += arguments.Grid.StepOfGroups)
        {
            (int first, float mean, float reciprocal) = (plane * pixels, arguments.MeanOf(plane), arguments.ReciprocalOf(plane));
            float sum = 0, product = 0;
            for (int i = Group.IdxX; i < pixels; i += Group.DimX)
            {
                float value = u[first + i];
                sum += value;
                product += (x[first + i] - mean) * reciprocal * value;
            }
            Four sums = GroupSum.Compute(new Four(sum, product, 0, 0), scratch);
            if (Group.IdxX == 0)
            {
                int at = plane + plane / arguments.Channels * arguments.Channels;
                result[at] = sums.X;
                result[at + arguments.Channels] = sums.Y;
            }
        }
    }

    internal static void TangentSums(PassArguments arguments)
    {
        ArrayView<Four> scratch = SharedMemory.Allocate<Four>(GroupSum.MostThreads);
        int member = arguments.Grid.Member, pixels = arguments.Pixels;
        (var x, var tangent, var result) = (arguments.X.View(member), arguments.XTangent.View(member), arguments.Result.View(member));
        (var cotangent, var cotangentTangent) = (arguments.Cotangent.View(member), arguments.CotangentTangent.View(member));
        for (int plane = arguments.Grid.FirstOfGroup; plane < arguments.Planes; plane += arguments.Grid.StepOfGroups)
        {
            (int first, float mean, float reciprocal) = (plane * pixels, arguments.MeanOf(plane), arguments.ReciprocalOf(plane));
            float dotMean = arguments.MeanOver(plane, 0), normalDotMean = arguments.MeanOver(plane, 1);
            float sum = 0, product = 0;
            for (int i = Group.IdxX; i < pixels; i += Group.DimX)
            {
                float normal = (x[first + i] - mean) * reciprocal, errorDot = cotangentTangent[first + i];
                float dot = arguments.HasTangent == 0 ? 0 : tangent[first + i];
                float normalDot = reciprocal * (dot - dotMean - normal * normalDotMean);
                sum += errorDot;
                product += errorDot * normal + cotangent[first + i] * normalDot;
            }
            Four sums = GroupSum.Compute(new Four(sum, product, 0, 0), scratch);
            if (Group.IdxX == 0)
            {
                int at = plane + plane / arguments.Channels * arguments.Channels;
                result[at] = sums.X;
                result[at + arguments.Channels] = sums.Y;
            }
        }
    }

    internal static void Totals(TotalsArguments arguments)
    {
        int member = arguments.Grid.Member, channels = arguments.Channels;
        (var sums, var presence, var means) = (arguments.Sums.View(member), arguments.Presence.View(member), arguments.Means.View(member));
        (var scale, var shift) = (arguments.Scale.View(member), arguments.Shift.View(member));
        for (int c = arguments.Grid.First; c < channels; c += arguments.Grid.Step)
        {
            float first = 0, second = 0;
            int present = 0;
            for (int n = 0; n < arguments.Samples; n++)
            {
                if (arguments.HasPresence != 0 && presence[n] == 0)
                    continue;
                int at = 2 * n * channels + c;
                first += sums[at];
                second += sums[at + channels];
                present++;
            }
            if (arguments.HasParameters != 0)
            {
                shift[c] = first;
                scale[c] = second;
            }
            if (arguments.HasMeans != 0)
            {
                float count = IntrinsicMath.Max(present, 1) * (float)arguments.Pixels;
                means[arguments.FirstMean + c] = first / count;
                means[arguments.FirstMean + channels + c] = second / count;
            }
        }
    }

    internal static void Forward(PassArguments arguments)
    {
        int member = arguments.Grid.Member, pixels = arguments.Pixels;
        (var x, var y) = (arguments.X.View(member), arguments.Result.View(member));
        (var scale, var shift) = (arguments.Scale.View(member), arguments.Shift.View(member));
        for (int plane = arguments.Grid.FirstOfGroup; plane < arguments.Planes; plane += arguments.Grid.StepOfGroups)
        {
            (int first, int channel, float mean) = (plane * pixels, plane % arguments.Channels, arguments.MeanOf(plane));
            float factor = arguments.ReciprocalOf(plane) * scale[channel], offset = shift[channel];
            for (int i = Group.IdxX; i < pixels; i += Group.DimX)
                y[first + i] = (x[first + i] - mean) * factor + offset;
        }
    }

    internal static void ForwardTangent(PassArguments arguments)
    {
        int member = arguments.Grid.Member, pixels = arguments.Pixels;
        (var x, var tangent, var y) = (arguments.X.View(member), arguments.XTangent.View(member), arguments.Result.View(member));
        (var scale, var scaleTangent, var shiftTangent) =
            (arguments.Scale.View(member), arguments.ScaleTangent.View(member), arguments.Shift.View(member));
        for (int plane = arguments.Grid.FirstOfGroup; plane < arguments.Planes; plane += arguments.Grid.StepOfGroups)
        {
            (int first, int channel, float mean) = (plane * pixels, plane % arguments.Channels, arguments.MeanOf(plane));
            float reciprocal = arguments.ReciprocalOf(plane), factor = scale[channel] * reciprocal;
            float dotMean = arguments.MeanOver(plane, 0), normalDotMean = arguments.MeanOver(plane, 1);
            for (int i = Group.IdxX; i < pixels; i += Group.DimX)
            {
                float normal = (x[first + i] - mean) * reciprocal, dot = arguments.HasTangent == 0 ? 0 : tangent[first + i];
                y[first + i] = scaleTangent[channel] * normal + factor * (dot - dotMean - normal * normalDotMean) + shiftTangent[channel];
            }
        }
    }

    internal static void Backward(PassArguments arguments)
    {
        int member = arguments.Grid.Member, pixels = arguments.Pixels;
        (var x, var cotangent, var result) = (arguments.X.View(member), arguments.Cotangent.View(member), arguments.Result.View(member));
        var scales = arguments.Scale.View(member);
        for (int plane = arguments.Grid.FirstOfGroup; plane < arguments.Planes; plane += arguments.Grid.StepOfGroups)
        {
            (int first, float mean, float reciprocal) = (plane * pixels, arguments.MeanOf(plane), arguments.ReciprocalOf(plane));
            float scale = scales[plane % arguments.Channels], weight = arguments.AreWeighted == 0 ? scale : 1;
            float dMean = weight * arguments.MeanOver(plane, 0), dNormalMean = weight * arguments.MeanOver(plane, 1);
            // A factor of zero would keep the NaNs of an absent sample.
            bool isPresent = arguments.IsPresent(plane);
            for (int i = Group.IdxX; i < pixels; i += Group.DimX)
            {
                float normal = (x[first + i] - mean) * reciprocal;
                float value = reciprocal * (scale * cotangent[first + i] - dMean - normal * dNormalMean);
                result[first + i] = isPresent ? value : 0;
            }
        }
    }

    internal static void BackwardTangent(PassArguments arguments)
    {
        int member = arguments.Grid.Member, pixels = arguments.Pixels;
        (var x, var tangent, var result) = (arguments.X.View(member), arguments.XTangent.View(member), arguments.Result.View(member));
        (var cotangent, var cotangentTangent) = (arguments.Cotangent.View(member), arguments.CotangentTangent.View(member));
        (var scales, var scaleTangents) = (arguments.Scale.View(member), arguments.ScaleTangent.View(member));
        for (int plane = arguments.Grid.FirstOfGroup; plane < arguments.Planes; plane += arguments.Grid.StepOfGroups)
        {
            (int first, float mean, float reciprocal) = (plane * pixels, arguments.MeanOf(plane), arguments.ReciprocalOf(plane));
            float scale = scales[plane % arguments.Channels], scaleTangent = scaleTangents[plane % arguments.Channels];
            float dotMean = arguments.MeanOver(plane, 0), normalDotMean = arguments.MeanOver(plane, 1);
            float dMean = arguments.MeanOver(plane, 2), dNormalMean = arguments.MeanOver(plane, 3);
            float dDotMean = arguments.MeanOver(plane, 4), mixedMean = arguments.MeanOver(plane, 5);
            if (arguments.AreWeighted == 0)
            {
                dDotMean = scaleTangent * dMean + scale * dDotMean;
                mixedMean = scaleTangent * dNormalMean + scale * mixedMean;
                dMean *= scale;
                dNormalMean *= scale;
            }
            bool isPresent = arguments.IsPresent(plane);
            for (int i = Group.IdxX; i < pixels; i += Group.DimX)
            {
                float error = cotangent[first + i], value = scaleTangent * error + scale * cotangentTangent[first + i];
                // Constant statistics have neither means nor an x̂̇ in them.
                if (arguments.HasMeans != 0)
                {
                    float normal = (x[first + i] - mean) * reciprocal;
                    float normalDot = reciprocal * (tangent[first + i] - dotMean - normal * normalDotMean);
                    float image = reciprocal * (scale * error - dMean - normal * dNormalMean);
                    value += -dDotMean - normalDot * dNormalMean - normal * mixedMean - normalDotMean * image;
                }
                result[first + i] = isPresent ? reciprocal * value : 0;
            }
        }
    }

    /// <summary>The operands of all passes; a pass that does not have one has x in its place.</summary>
    internal struct PassArguments
    {
        public MemberGrid Grid;
        public int Planes;
        public int Pixels;
        public int Channels;
        public int Group;
        public int StatisticsSample;
        public int DeviationIsVariance;
        public int HasPresence;
        public int HasTangent;
        public int HasMeans;
        public int MeansSample;
        public int MeansStride;
        public int AreWeighted;
        public Operand X;
        public Operand Presence;
        public Operand Mean;
        public Operand Deviation;
        public Operand Means;
        public Operand XTangent;
        public Operand Cotangent;
        public Operand CotangentTangent;
        public Operand Scale;
        public Operand ScaleTangent;
        public Operand Shift;
        public Operand Result;

        public readonly bool IsPresent(int plane) => HasPresence == 0 || Presence.View(Grid.Member)[plane / Channels] != 0;

        public readonly float MeanOf(int plane) => Mean.View(Grid.Member)[plane / Channels * StatisticsSample + plane % Channels / Group];

        public readonly float ReciprocalOf(int plane)
        {
            float deviation = Deviation.View(Grid.Member)[plane / Channels * StatisticsSample + plane % Channels / Group];
            return DeviationIsVariance == 0 ? deviation : 1 / XMath.Sqrt(deviation + BatchNorm.Epsilon);
        }

        /// <summary>One of the means over the plane's batch or group; zero without any.</summary>
        public readonly float MeanOver(int plane, int value)
            => HasMeans == 0 ? 0
                : Means.View(Grid.Member)[plane / Channels * MeansSample + value * MeansStride + plane % Channels / Group];
    }

    internal struct TotalsArguments
    {
        public MemberGrid Grid;
        public int Samples;
        public int Channels;
        public int Pixels;
        public int HasPresence;
        public int HasParameters;
        public int HasMeans;
        public int FirstMean;
        public Operand Sums;
        public Operand Presence;
        public Operand Scale;
        public Operand Shift;
        public Operand Means;
    }
}

/// <summary>The images of a call and what is known of them.</summary>
/// <param name="Shape">Of a result, with all members.</param>
/// <param name="X">x.</param>
/// <param name="Presence">Which samples are in the batch; null: all.</param>
/// <param name="Mean">μ; none yet for the moments.</param>
/// <param name="Deviation">r, or the variance.</param>
/// <param name="DeviationIsVariance">Whether it is the variance.</param>
/// <param name="StatisticsSample">Floats from a sample's statistics to the next one's; 0: all samples have the same.</param>
/// <param name="Group">Channels with the same statistics.</param>
internal readonly record struct NormImages(
    TensorShape Shape, Tensor X, Tensor? Presence, Slice? Mean, Slice? Deviation, bool DeviationIsVariance, int StatisticsSample,
    int Group);

/// <summary>Means over a batch or a group, [E, N or 1, values, C or groups]. The default is none: all are zero.</summary>
/// <param name="Values">The means.</param>
/// <param name="SampleStride">Floats between two samples; 0: all samples have the same.</param>
/// <param name="Stride">Floats between two values.</param>
/// <param name="AreWeighted">Whether those of cotangents are of γδ, not of δ.</param>
internal readonly record struct NormMeans(Tensor? Values, int SampleStride, int Stride, bool AreWeighted);
