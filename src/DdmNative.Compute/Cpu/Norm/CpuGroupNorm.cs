using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Group normalisation with sixteen channels in the lanes. A sample's channels are summed first, then the sums of each group's channels are
/// added, and then the channels are written: the passes of a batch norm, within one call, because nothing crosses samples.
/// </summary>
internal sealed class CpuGroupNorm(CpuDevice device) : GroupNorm
{
    protected override void ForwardCore(int groups, Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
        => device.Submit(new ForwardCall(groups, x, scale, shift, y, statistics));

    protected override void ForwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
        => device.Submit(new ForwardTangentCall(groups, x, xTangent, statistics, scale, scaleTangent, shiftTangent, yTangent));

    protected override void BackwardCore(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
        => device.Submit(new BackwardCall(groups, x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent));

    protected override void BackwardCore(
        int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
        Slice shiftCotangent, SampleProducts products)
        => device.Submit(new BackwardCall(groups, x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent, products));

    protected override void BackwardTangentCore(
        int groups, Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
        Slice scaleTangent, Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
        => device.Submit(new BackwardTangentCall(
            groups, x, xTangent, statistics, cotangent, cotangentTangent, scale, scaleTangent, xCotangentTangent, scaleCotangentTangent,
            shiftCotangentTangent));

    private sealed unsafe class ForwardCall : GroupCall
    {
        private readonly CpuOperand _x;
        private readonly CpuParameters _scale;
        private readonly CpuParameters _shift;
        private readonly CpuOperand _y;
        private readonly CpuOperand _statistics;

        public ForwardCall(int groups, Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
            : base("group-norm.forward", groups, y.Shape, passes: 2, values: 3)
            => (_x, _scale, _shift, _y, _statistics) = (Read(x), Read(scale), Read(shift), Write(y), Write(statistics));

        protected override void Compute<TLanes>(in Tile tile, int sample, int pass, int channel, int lanes)
        {
            float* image = _x.At(tile, sample) + channel;
            if (pass == 0)
            {
                PixelMoments moments = PixelMoments.Compute<TLanes>(image, Pixels, Channels, lanes);
                TLanes.Store(moments.Pivot, Value(tile, 0) + channel, lanes);
                TLanes.Store(moments.Sum, Value(tile, 1) + channel, lanes);
                TLanes.Store(moments.Squares, Value(tile, 2) + channel, lanes);
                return;
            }
            Vector16 factor = TLanes.Load(Value(tile, 1) + channel, lanes) * TLanes.Load(_scale.At(tile) + channel, lanes);
            PixelTerm.Write<TLanes>(
                new(image, factor, TLanes.Load(Value(tile, 0) + channel, lanes)), TLanes.Load(_shift.At(tile) + channel, lanes),
                _y.At(tile, sample) + channel, Pixels, Channels, lanes);
        }

        /// <summary>Merges the channels' moments and gives every channel its group's mean and reciprocal deviation.</summary>
        protected override void EndPass(in Tile tile, int sample, int pass)
        {
            if (pass > 0)
                return;
            float* pivots = Value(tile, 0);
            float* sums = Value(tile, 1);
            float* squares = Value(tile, 2);
            float* saved = _statistics.At(tile, sample);
            for (int group = 0; group < Groups; group++)
            {
                (int first, int end) = ChannelsOf(group);
                double mean = 0, variance = 0;
                for (int c = first; c < end; c++)
                    mean += pivots[c] + (double)sums[c] / Pixels;
                mean /= end - first;
                for (int c = first; c < end; c++)
                {
                    double own = (double)sums[c] / Pixels, away = pivots[c] + own - mean;
                    variance += (double)squares[c] / Pixels - own * own + away * away;
                }
                // A difference of float32 sums may be a little below zero.
                variance = Math.Max(variance / (end - first), 0);
                saved[group] = (float)mean;
                saved[Groups + group] = (float)(1 / Math.Sqrt(variance + Epsilon));
                Spread(pivots, group, saved[group]);
                Spread(sums, group, saved[Groups + group]);
            }
        }
    }

    /// <summary>A call whose statistics are known: values 0 and 1 of a channel are its mean and its reciprocal deviation.</summary>
    private abstract unsafe class KnownCall : GroupCall
    {
        private readonly CpuOperand _x;
        private readonly CpuOperand _statistics;

        protected KnownCall(string name, int groups, TensorShape images, Tensor x, Tensor statistics, int passes, int values)
            : base(name, groups, images, passes, values)
            => (_x, _statistics) = (Read(x), Read(statistics));

        protected sealed override void BeginSample(in Tile tile, int sample)
        {
            float* saved = _statistics.At(tile, sample);
            for (int group = 0; group < Groups; group++)
            {
                Spread(Value(tile, 0), group, saved[group]);
                Spread(Value(tile, 1), group, saved[Groups + group]);
            }
        }

        protected float* X(in Tile tile, int sample) => _x.At(tile, sample);

        protected (Vector16 Mean, Vector16 Reciprocal) Statistics<TLanes>(in Tile tile, int channel, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
            => (TLanes.Load(Value(tile, 0) + channel, lanes), TLanes.Load(Value(tile, 1) + channel, lanes));

        /// <summary>Replaces sums of channels by the mean over their group, of weight·sum where weights are given.</summary>
        protected void TakeMeans(float* sums, float* weights = null)
        {
            for (int group = 0; group < Groups; group++)
            {
                (int first, int end) = ChannelsOf(group);
                double sum = 0;
                for (int c = first; c < end; c++)
                    sum += weights is null ? sums[c] : (double)weights[c] * sums[c];
                Spread(sums, group, (float)(sum / ((double)Pixels * (end - first))));
            }
        }
    }

    private sealed unsafe class ForwardTangentCall : KnownCall
    {
        private readonly CpuOperand _xTangent;
        private readonly CpuParameters _scale;
        private readonly CpuParameters _scaleTangent;
        private readonly CpuParameters _shiftTangent;
        private readonly CpuOperand _yTangent;

        public ForwardTangentCall(int groups, Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent,
            Slice shiftTangent, Tensor yTangent)
            : base("group-norm.forward-tangent", groups, yTangent.Shape, x, statistics, passes: 2, values: 4)
        {
            (_xTangent, _yTangent) = (Read(xTangent), Write(yTangent));
            (_scale, _scaleTangent, _shiftTangent) = (Read(scale), Read(scaleTangent), Read(shiftTangent));
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int pass, int channel, int lanes)
        {
            (Vector16 mean, Vector16 reciprocal) = Statistics<TLanes>(tile, channel, lanes);
            float* image = X(tile, sample) + channel;
            float* tangent = _xTangent.At(tile, sample) + channel;
            float* tangentMeans = Value(tile, 2) + channel;
            float* normalTangentMeans = Value(tile, 3) + channel;
            if (pass == 0)
            {
                (Vector16 sum, Vector16 normalSum) = PixelSums.Add<TLanes>(image, mean, reciprocal, tangent, Pixels, Channels, lanes);
                TLanes.Store(sum, tangentMeans, lanes);
                TLanes.Store(normalSum, normalTangentMeans, lanes);
                return;
            }
            Vector16 gain = reciprocal * TLanes.Load(_scale.At(tile) + channel, lanes);
            Vector16 factor = reciprocal
                * (TLanes.Load(_scaleTangent.At(tile) + channel, lanes) - gain * TLanes.Load(normalTangentMeans, lanes));
            PixelTerm.Write<TLanes>(
                new(image, factor, mean), new(tangent, gain, TLanes.Load(tangentMeans, lanes)),
                TLanes.Load(_shiftTangent.At(tile) + channel, lanes), _yTangent.At(tile, sample) + channel, Pixels, Channels, lanes);
        }

        protected override void EndPass(in Tile tile, int sample, int pass)
        {
            if (pass > 0)
                return;
            TakeMeans(Value(tile, 2));
            TakeMeans(Value(tile, 3));
        }
    }

    private sealed unsafe class BackwardCall : KnownCall
    {
        private readonly CpuOperand _cotangent;
        private readonly CpuParameters _scale;
        private readonly CpuOperand _xCotangent;
        private readonly GradientSum _scaleSum;
        private readonly GradientSum _shiftSum;
        private readonly NormProducts? _products;

        public BackwardCall(int groups, Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent,
            Slice shiftCotangent, SampleProducts? wanted = null)
            : base("group-norm.backward", groups, xCotangent.Shape, x, statistics, passes: 2, values: 4)
        {
            (_cotangent, _scale, _xCotangent) = (Read(cotangent), Read(scale), Write(xCotangent));
            (_scaleSum, _shiftSum) = (Sum(scaleCotangent, Channels), Sum(shiftCotangent, Channels));
            _products = ReadNormProducts(wanted);
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int pass, int channel, int lanes)
        {
            (Vector16 mean, Vector16 reciprocal) = Statistics<TLanes>(tile, channel, lanes);
            float* image = X(tile, sample) + channel;
            float* delta = _cotangent.At(tile, sample) + channel;
            float* normalMeans = Value(tile, 2) + channel;
            float* means = Value(tile, 3) + channel;
            if (pass == 0)
            {
                (Vector16 sum, Vector16 normalSum) = PixelSums.Add<TLanes>(image, mean, reciprocal, delta, Pixels, Channels, lanes);
                _scaleSum.Add<TLanes>(tile, channel, lanes, normalSum);
                _shiftSum.Add<TLanes>(tile, channel, lanes, sum);
                TLanes.Store(normalSum, normalMeans, lanes);
                TLanes.Store(sum, means, lanes);
                return;
            }
            Vector16 gain = reciprocal * TLanes.Load(_scale.At(tile) + channel, lanes);
            PixelTerm.Write<TLanes>(
                new(image, default(Vector16) - reciprocal * reciprocal * TLanes.Load(normalMeans, lanes), mean), new(delta, gain),
                default(Vector16) - reciprocal * TLanes.Load(means, lanes), _xCotangent.At(tile, sample) + channel, Pixels, Channels,
                lanes);
        }

        protected override void EndPass(in Tile tile, int sample, int pass)
        {
            if (pass > 0)
                return;
            // The sample's own terms of δγ and of δβ, side by side.
            _products?.Write(tile, sample, Value(tile, 2), Channels);
            TakeMeans(Value(tile, 2), _scale.At(tile));
            TakeMeans(Value(tile, 3), _scale.At(tile));
        }
    }

    private sealed unsafe class BackwardTangentCall : KnownCall
    {
        private readonly CpuOperand _xTangent;
        private readonly CpuOperand _cotangent;
        private readonly CpuOperand _cotangentTangent;
        private readonly CpuParameters _scale;
        private readonly CpuParameters _scaleTangent;
        private readonly CpuOperand _result;
        private readonly GradientSum? _scaleSum;
        private readonly GradientSum? _shiftSum;

        public BackwardTangentCall(
            int groups, Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale,
            Slice scaleTangent, Tensor result, Slice? scaleResult, Slice? shiftResult)
            : base("group-norm.backward-tangent", groups, result.Shape, x, statistics, passes: 3, values: 8)
        {
            (_xTangent, _cotangent, _cotangentTangent) = (Read(xTangent), Read(cotangent), Read(cotangentTangent));
            (_scale, _scaleTangent, _result) = (Read(scale), Read(scaleTangent), Write(result));
            if (scaleResult is Slice scaleSlice && shiftResult is Slice shiftSlice)
                (_scaleSum, _shiftSum) = (Sum(scaleSlice, Channels), Sum(shiftSlice, Channels));
        }

        // The values after the statistics: sums of a channel, then means of its group. Those of δ become means of d only when the tangents'
        // sums have been taken, because mean ḋ needs both.
        private enum Mean
        {
            Tangent = 2,
            NormalTangent,
            D,
            DNormal,
            DTangent,
            Mixed,
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int pass, int channel, int lanes)
        {
            (Vector16 mean, Vector16 reciprocal) = Statistics<TLanes>(tile, channel, lanes);
            float* image = X(tile, sample) + channel;
            float* tangent = _xTangent.At(tile, sample) + channel;
            float* delta = _cotangent.At(tile, sample) + channel;
            float* deltaTangent = _cotangentTangent.At(tile, sample) + channel;
            if (pass == 0)
            {
                (Vector16 tangentSum, Vector16 normalTangentSum) =
                    PixelSums.Add<TLanes>(image, mean, reciprocal, tangent, Pixels, Channels, lanes);
                (Vector16 deltaSum, Vector16 normalDeltaSum) =
                    PixelSums.Add<TLanes>(image, mean, reciprocal, delta, Pixels, Channels, lanes);
                TLanes.Store(tangentSum, Of(tile, Mean.Tangent) + channel, lanes);
                TLanes.Store(normalTangentSum, Of(tile, Mean.NormalTangent) + channel, lanes);
                TLanes.Store(deltaSum, Of(tile, Mean.D) + channel, lanes);
                TLanes.Store(normalDeltaSum, Of(tile, Mean.DNormal) + channel, lanes);
                return;
            }
            Vector16 tangentMean = TLanes.Load(Of(tile, Mean.Tangent) + channel, lanes);
            Vector16 normalTangentMean = TLanes.Load(Of(tile, Mean.NormalTangent) + channel, lanes);
            if (pass == 1)
            {
                (Vector16 sum, Vector16 normalSum) = PixelSums.AddTangents<TLanes>(
                    new NormTangent(image, tangent, mean, reciprocal, tangentMean, normalTangentMean), delta, deltaTangent, Pixels,
                    Channels, lanes);
                _scaleSum?.Add<TLanes>(tile, channel, lanes, normalSum);
                _shiftSum?.Add<TLanes>(tile, channel, lanes, sum);
                TLanes.Store(sum, Of(tile, Mean.DTangent) + channel, lanes);
                TLanes.Store(normalSum, Of(tile, Mean.Mixed) + channel, lanes);
                return;
            }

            // δẋ as a sum of terms of δ, δ̇, ẋ and x − μ: x̂̇ = r(ẋ − mean ẋ) − r·mean(x̂ẋ)·x̂, and δx holds δ and x̂.
            Vector16 scale = TLanes.Load(_scale.At(tile) + channel, lanes), contraction = reciprocal * normalTangentMean;
            Vector16 d = TLanes.Load(Of(tile, Mean.D) + channel, lanes), dNormal = TLanes.Load(Of(tile, Mean.DNormal) + channel, lanes);
            Vector16 change = reciprocal * (TLanes.Load(_scaleTangent.At(tile) + channel, lanes) - contraction * scale);
            Vector16 bend = reciprocal * reciprocal * dNormal;
            Vector16 slope = reciprocal * reciprocal
                * (Vector16.Create(2) * contraction * dNormal - TLanes.Load(Of(tile, Mean.Mixed) + channel, lanes));
            Vector16 offset = reciprocal * (contraction * d - TLanes.Load(Of(tile, Mean.DTangent) + channel, lanes));
            PixelTerm.Write<TLanes>(
                new(image, slope, mean), new(tangent, default(Vector16) - bend, tangentMean), new(delta, change),
                new(deltaTangent, reciprocal * scale), offset, _result.At(tile, sample) + channel, Pixels, Channels, lanes);
        }

        protected override void EndPass(in Tile tile, int sample, int pass)
        {
            if (pass == 0)
            {
                TakeMeans(Of(tile, Mean.Tangent));
                TakeMeans(Of(tile, Mean.NormalTangent));
            }
            else if (pass == 1)
            {
                TakeTangentMeans(tile, Of(tile, Mean.D), Of(tile, Mean.DTangent));
                TakeTangentMeans(tile, Of(tile, Mean.DNormal), Of(tile, Mean.Mixed));
            }
        }

        /// <summary>Replaces sums S and their tangents Ṡ by the means of γS and of γ̇S + γṠ.</summary>
        private void TakeTangentMeans(in Tile tile, float* sums, float* tangents)
        {
            float* scale = _scale.At(tile);
            float* scaleTangent = _scaleTangent.At(tile);
            for (int c = 0; c < Channels; c++)
                (sums[c], tangents[c]) = (scale[c] * sums[c], scaleTangent[c] * sums[c] + scale[c] * tangents[c]);
            TakeMeans(sums);
            TakeMeans(tangents);
        }

        private float* Of(in Tile tile, Mean which) => Value(tile, (int)which);
    }
}
