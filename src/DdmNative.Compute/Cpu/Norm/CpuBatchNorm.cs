using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Batch normalisation with sixteen channels in the lanes. Its means cross the samples of a member, so an operation is several calls: some
/// add up each tile's samples, and the last, which waits for all of them, writes the result. A plan begins a new phase between them.
/// </summary>
/// <remarks>
/// Forward reads x twice and writes y. The parameters' cotangents are also the sums that δx needs, so backward reads x and δ twice.
/// </remarks>
internal sealed class CpuBatchNorm(CpuDevice device) : BatchNorm
{
    protected override void ForwardCore(Tensor x, Tensor? presence, Slice scale, Slice shift, Tensor y, Tensor statistics)
    {
        var moments = new CpuTensor(new TensorShape(x.Shape.Members, x.Shape.Samples, 3 * x.Shape.Channels), isTransient: true);
        device.Submit(
            new BatchStatistics.MomentsCall(x, moments), new BatchStatistics.MergeCall(moments, presence, statistics, y.Shape),
            new ForwardCall(x, scale, shift, y, statistics));
    }

    protected override void ForwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent,
        Tensor yTangent)
    {
        var images = new BatchImages(yTangent.Shape, x, presence, statistics);
        CpuTensor scratch = CreateSums(yTangent.Shape, 2);
        Slice[] sums = Cut(scratch, x.Shape.Channels);
        device.Submit(
            new BatchSumsCall("batch-norm.tangent-sums", images, [xTangent], sums) { Scratch = [scratch] },
            new ForwardTangentCall(images, xTangent, sums, scale, scaleTangent, shiftTangent, yTangent));
    }

    protected override void BackwardCore(
        Tensor x, Tensor? presence, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
    {
        var images = new BatchImages(xCotangent.Shape, x, presence, statistics);
        Slice[] sums = [shiftCotangent, scaleCotangent];
        device.Submit(
            new BatchSumsCall("batch-norm.cotangent-sums", images, [cotangent], sums),
            new BackwardCall(images, cotangent, sums, scale, xCotangent));
    }

    protected override void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor? presence, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
    {
        var images = new BatchImages(xCotangentTangent.Shape, x, presence, statistics);
        CpuTensor scratch = CreateSums(xCotangentTangent.Shape, scaleCotangentTangent is null ? 6 : 4);
        Slice[] sums = Cut(scratch, x.Shape.Channels);
        Slice[] tangentSums = [shiftCotangentTangent ?? sums[4], scaleCotangentTangent ?? sums[5]];
        device.Submit(
            new BatchSumsCall("batch-norm.cotangent-sums", images, [xTangent, cotangent], sums[..4]) { Scratch = [scratch] },
            new BatchTangentSumsCall(images, xTangent, cotangent, cotangentTangent, sums, tangentSums),
            new BackwardTangentCall(images, xTangent, cotangent, cotangentTangent, sums, tangentSums, scale, scaleTangent,
                xCotangentTangent));
    }

    protected override void UpdateRunningCore(Tensor statistics, float momentum, Slice runningMean, Slice runningVariance)
        => device.Submit(new UpdateRunningCall(statistics, momentum, runningMean, runningVariance));

    /// <summary>Vectors of C floats for sums that no operand of the operation takes.</summary>
    private static CpuTensor CreateSums(TensorShape images, int count)
        => new(TensorShape.Vector(images.Members, count * images.Channels), isTransient: true);

    private static Slice[] Cut(CpuTensor sums, int channels)
        => [.. Enumerable.Range(0, sums.Shape.Channels / channels).Select(i => new Slice(sums, i * channels, channels))];

    private sealed unsafe class ForwardCall : ChannelCall
    {
        private readonly CpuOperand _x;
        private readonly CpuParameters _scale;
        private readonly CpuParameters _shift;
        private readonly CpuOperand _y;
        private readonly CpuOperand _statistics;

        public ForwardCall(Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
            : base("batch-norm.forward", y.Shape)
            => (_x, _scale, _shift, _y, _statistics) = (Read(x), Read(scale), Read(shift), Write(y), ReadWhole(statistics));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* saved = _statistics.At(tile, 0) + channel;
            Vector16 factor = TLanes.Load(saved + Channels, lanes) * TLanes.Load(_scale.At(tile) + channel, lanes);
            PixelTerm.Write<TLanes>(
                new(_x.At(tile, sample) + channel, factor, TLanes.Load(saved, lanes)), TLanes.Load(_shift.At(tile) + channel, lanes),
                _y.At(tile, sample) + channel, Pixels, Channels, lanes);
        }
    }

    private sealed unsafe class ForwardTangentCall : BatchCall
    {
        private readonly CpuOperand _xTangent;
        private readonly CpuParameters[] _sums;
        private readonly CpuParameters _scale;
        private readonly CpuParameters _scaleTangent;
        private readonly CpuParameters _shiftTangent;
        private readonly CpuOperand _yTangent;

        public ForwardTangentCall(
            BatchImages images, Tensor xTangent, Slice[] sums, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
            : base("batch-norm.forward-tangent", images)
        {
            (_xTangent, _sums, _yTangent) = (Read(xTangent), [.. sums.Select(Read)], Write(yTangent));
            (_scale, _scaleTangent, _shiftTangent) = (Read(scale), Read(scaleTangent), Read(shiftTangent));
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (Vector16 mean, Vector16 reciprocal, Vector16 count) = (Mean<TLanes>(tile, channel, lanes),
                Reciprocal<TLanes>(tile, channel, lanes), BatchLength(tile));
            Vector16 tangentMean = TLanes.Load(_sums[0].At(tile) + channel, lanes) / count;
            Vector16 normalTangentMean = TLanes.Load(_sums[1].At(tile) + channel, lanes) / count;
            Vector16 gain = reciprocal * TLanes.Load(_scale.At(tile) + channel, lanes);
            Vector16 factor = reciprocal * (TLanes.Load(_scaleTangent.At(tile) + channel, lanes) - gain * normalTangentMean);
            PixelTerm.Write<TLanes>(
                new(X(tile, sample) + channel, factor, mean), new(_xTangent.At(tile, sample) + channel, gain, tangentMean),
                TLanes.Load(_shiftTangent.At(tile) + channel, lanes), _yTangent.At(tile, sample) + channel, Pixels, Channels, lanes);
        }
    }

    private sealed unsafe class BackwardCall : BatchCall
    {
        private readonly CpuOperand _cotangent;
        private readonly CpuParameters[] _sums;
        private readonly CpuParameters _scale;
        private readonly CpuOperand _xCotangent;

        public BackwardCall(BatchImages images, Tensor cotangent, Slice[] sums, Slice scale, Tensor xCotangent)
            : base("batch-norm.backward", images)
            => (_cotangent, _sums, _scale, _xCotangent) = (Read(cotangent), [.. sums.Select(Read)], Read(scale), Write(xCotangent));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* target = _xCotangent.At(tile, sample) + channel;
            if (!Presence.Has(tile, sample))
            {
                PixelTerm.Clear<TLanes>(target, Pixels, Channels, lanes);
                return;
            }
            (Vector16 reciprocal, Vector16 count) = (Reciprocal<TLanes>(tile, channel, lanes), BatchLength(tile));
            Vector16 gain = reciprocal * TLanes.Load(_scale.At(tile) + channel, lanes);
            Vector16 mean = TLanes.Load(_sums[0].At(tile) + channel, lanes) / count;
            Vector16 normalMean = TLanes.Load(_sums[1].At(tile) + channel, lanes) / count;
            PixelTerm.Write<TLanes>(
                new(X(tile, sample) + channel, default(Vector16) - gain * reciprocal * normalMean, Mean<TLanes>(tile, channel, lanes)),
                new(_cotangent.At(tile, sample) + channel, gain, mean), default, target, Pixels, Channels, lanes);
        }
    }

    private sealed unsafe class BackwardTangentCall : BatchCall
    {
        private readonly CpuOperand _xTangent;
        private readonly CpuOperand _cotangent;
        private readonly CpuOperand _cotangentTangent;
        private readonly CpuParameters[] _sums;
        private readonly CpuParameters[] _tangentSums;
        private readonly CpuParameters _scale;
        private readonly CpuParameters _scaleTangent;
        private readonly CpuOperand _result;

        public BackwardTangentCall(
            BatchImages images, Tensor xTangent, Tensor cotangent, Tensor cotangentTangent, Slice[] sums, Slice[] tangentSums, Slice scale,
            Slice scaleTangent, Tensor result)
            : base("batch-norm.backward-tangent", images)
        {
            (_xTangent, _cotangent, _cotangentTangent) = (Read(xTangent), Read(cotangent), Read(cotangentTangent));
            (_sums, _tangentSums) = ([.. sums[..4].Select(Read)], [.. tangentSums.Select(Read)]);
            (_scale, _scaleTangent, _result) = (Read(scale), Read(scaleTangent), Write(result));
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* target = _result.At(tile, sample) + channel;
            if (!Presence.Has(tile, sample))
            {
                PixelTerm.Clear<TLanes>(target, Pixels, Channels, lanes);
                return;
            }
            Vector16 count = BatchLength(tile), reciprocal = Reciprocal<TLanes>(tile, channel, lanes);
            Vector16 tangentMean = TLanes.Load(_sums[0].At(tile) + channel, lanes) / count;
            Vector16 normalTangentMean = TLanes.Load(_sums[1].At(tile) + channel, lanes) / count;
            Vector16 mean = TLanes.Load(_sums[2].At(tile) + channel, lanes) / count;
            Vector16 normalMean = TLanes.Load(_sums[3].At(tile) + channel, lanes) / count;
            Vector16 meanTangent = TLanes.Load(_tangentSums[0].At(tile) + channel, lanes) / count;
            Vector16 normalMeanTangent = TLanes.Load(_tangentSums[1].At(tile) + channel, lanes) / count;
            Vector16 scale = TLanes.Load(_scale.At(tile) + channel, lanes);
            Vector16 scaleTangent = TLanes.Load(_scaleTangent.At(tile) + channel, lanes);

            // δẋ as a sum of terms of δ, δ̇, ẋ and x − μ: x̂̇ = r(ẋ − mean ẋ) − r²·mean(x̂ẋ)(x − μ), and δx holds δ and x̂.
            Vector16 gain = reciprocal * scale, change = reciprocal * scaleTangent - reciprocal * gain * normalTangentMean;
            Vector16 bend = gain * reciprocal * normalMean;
            Vector16 slope = bend * reciprocal * normalTangentMean - gain * reciprocal * normalMeanTangent
                - change * reciprocal * normalMean;
            PixelTerm.Write<TLanes>(
                new(X(tile, sample) + channel, slope, Mean<TLanes>(tile, channel, lanes)),
                new(_xTangent.At(tile, sample) + channel, default(Vector16) - bend, tangentMean),
                new(_cotangent.At(tile, sample) + channel, change, mean),
                new(_cotangentTangent.At(tile, sample) + channel, gain, meanTangent), default, target, Pixels, Channels, lanes);
        }
    }

    private sealed unsafe class UpdateRunningCall : CpuCall
    {
        private readonly CpuOperand _statistics;
        private readonly float _momentum;
        private readonly CpuParameters _mean;
        private readonly CpuParameters _variance;

        public UpdateRunningCall(Tensor statistics, float momentum, Slice mean, Slice variance)
            : base("batch-norm.update-running", mean.Vector.Shape.Members, samples: 1)
            => (_statistics, _momentum, _mean, _variance) = (ReadWhole(statistics), momentum, Update(mean), Update(variance));

        public override void Execute(in Tile tile)
        {
            int channels = _mean.Length;
            float* batch = _statistics.At(tile, 0);
            float* variance = batch + 2 * channels;
            // No sample was present.
            if (*variance < 0)
                return;
            (Vector16 kept, Vector16 taken) = (Vector16.Create(1 - _momentum), Vector16.Create(_momentum));
            Elementwise.Run(new Average(_mean.At(tile), batch, kept, taken), channels);
            Elementwise.Run(new Average(_variance.At(tile), variance, kept, taken), channels);
        }

        private readonly struct Average(float* running, float* batch, Vector16 kept, Vector16 taken) : IElementwise
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void Apply<TLanes>(long i, int lanes)
                where TLanes : struct, ILaneAccess<Vector16>
                => TLanes.Store(Vector16.MultiplyAdd(taken, TLanes.Load(batch + i, lanes), kept * TLanes.Load(running + i, lanes)),
                    running + i, lanes);
        }
    }
}
