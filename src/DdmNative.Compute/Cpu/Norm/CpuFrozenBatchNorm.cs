using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// A batch norm with constant statistics, with sixteen channels in the lanes. Nothing crosses samples or pixels except the sums of the
/// parameters' gradients; each operand is read once for the images and once for the parameters.
/// </summary>
internal sealed class CpuFrozenBatchNorm(CpuDevice device) : FrozenBatchNorm
{
    protected override void ForwardCore(Tensor x, Slice mean, Slice variance, Slice scale, Slice shift, Tensor y)
        => device.Submit(new ForwardCall(x, mean, variance, scale, shift, y));

    protected override void ForwardTangentCore(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
        => device.Submit(new ForwardTangentCall(x, xTangent, mean, variance, scale, scaleTangent, shiftTangent, yTangent));

    protected override void BackwardCore(
        Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
        Slice shiftCotangent)
        => device.Submit(new BackwardCall(x, mean, variance, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent));

    protected override void BackwardCore(
        Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
        Slice shiftCotangent, SampleProducts products)
        => device.Submit(new BackwardCall(x, mean, variance, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent, products));

    protected override void BackwardTangentCore(
        Tensor x, Tensor? xTangent, Slice mean, Slice variance, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor? xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
        => device.Submit(new BackwardTangentCall(
            x, xTangent, mean, variance, cotangent, cotangentTangent, scale, scaleTangent, xCotangentTangent, scaleCotangentTangent,
            shiftCotangentTangent));

    /// <summary>A call that reads x and its constant statistics.</summary>
    private abstract unsafe class FrozenCall : ChannelCall
    {
        private readonly CpuOperand _x;
        private readonly CpuParameters _mean;
        private readonly CpuParameters _variance;

        protected FrozenCall(string name, TensorShape images, Tensor x, Slice mean, Slice variance)
            : base(name, images) => (_x, _mean, _variance) = (Read(x), Read(mean), Read(variance));

        protected float* X(in Tile tile, int sample) => _x.At(tile, sample);

        protected Vector16 Mean<TLanes>(in Tile tile, int channel, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
            => TLanes.Load(_mean.At(tile) + channel, lanes);

        protected Vector16 Reciprocal<TLanes>(in Tile tile, int channel, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
            => Vector16.Create(1) / Vector16.Sqrt(TLanes.Load(_variance.At(tile) + channel, lanes) + Vector16.Create(Epsilon));
    }

    private sealed unsafe class ForwardCall : FrozenCall
    {
        private readonly CpuParameters _scale;
        private readonly CpuParameters _shift;
        private readonly CpuOperand _y;

        public ForwardCall(Tensor x, Slice mean, Slice variance, Slice scale, Slice shift, Tensor y)
            : base("frozen-batch-norm.forward", y.Shape, x, mean, variance)
            => (_scale, _shift, _y) = (Read(scale), Read(shift), Write(y));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            Vector16 factor = Reciprocal<TLanes>(tile, channel, lanes) * TLanes.Load(_scale.At(tile) + channel, lanes);
            PixelTerm.Write<TLanes>(
                new(X(tile, sample) + channel, factor, Mean<TLanes>(tile, channel, lanes)), TLanes.Load(_shift.At(tile) + channel, lanes),
                _y.At(tile, sample) + channel, Pixels, Channels, lanes);
        }
    }

    private sealed unsafe class ForwardTangentCall : FrozenCall
    {
        private readonly CpuOperand? _xTangent;
        private readonly CpuParameters _scale;
        private readonly CpuParameters _scaleTangent;
        private readonly CpuParameters _shiftTangent;
        private readonly CpuOperand _yTangent;

        public ForwardTangentCall(
            Tensor x, Tensor? xTangent, Slice mean, Slice variance, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
            : base("frozen-batch-norm.forward-tangent", yTangent.Shape, x, mean, variance)
        {
            (_xTangent, _yTangent) = (ReadOptional(xTangent), Write(yTangent));
            (_scale, _scaleTangent, _shiftTangent) = (Read(scale), Read(scaleTangent), Read(shiftTangent));
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            Vector16 reciprocal = Reciprocal<TLanes>(tile, channel, lanes);
            var image = new PixelTerm(X(tile, sample) + channel, reciprocal * TLanes.Load(_scaleTangent.At(tile) + channel, lanes),
                Mean<TLanes>(tile, channel, lanes));
            Vector16 offset = TLanes.Load(_shiftTangent.At(tile) + channel, lanes);
            float* target = _yTangent.At(tile, sample) + channel;
            if (_xTangent is null)
            {
                PixelTerm.Write<TLanes>(image, offset, target, Pixels, Channels, lanes);
                return;
            }
            Vector16 gain = reciprocal * TLanes.Load(_scale.At(tile) + channel, lanes);
            PixelTerm.Write<TLanes>(
                image, new(_xTangent.At(tile, sample) + channel, gain), offset, target, Pixels, Channels, lanes);
        }
    }

    private sealed unsafe class BackwardCall : FrozenCall
    {
        private readonly CpuOperand _cotangent;
        private readonly CpuParameters _scale;
        private readonly CpuOperand? _xCotangent;
        private readonly NormGradient _gradient;

        public BackwardCall(
            Tensor x, Slice mean, Slice variance, Tensor cotangent, Slice scale, Tensor? xCotangent, Slice scaleCotangent,
            Slice shiftCotangent, SampleProducts? wanted = null)
            : base("frozen-batch-norm.backward", x.Shape.WithMembers(scaleCotangent.Vector.Shape.Members), x, mean, variance)
        {
            (_cotangent, _scale) = (Read(cotangent), Read(scale));
            _xCotangent = xCotangent is null ? null : Write(xCotangent);
            _gradient = new NormGradient(Sum(scaleCotangent, Channels), Sum(shiftCotangent, Channels), ReadNormProducts(wanted), Channels);
        }

        public override long TemporaryFloats(int samples) => _gradient.TemporaryFloats;

        internal protected override void EndSample(in Tile tile, int sample) => _gradient.EndSample(tile, sample);

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            Vector16 reciprocal = Reciprocal<TLanes>(tile, channel, lanes);
            float* delta = _cotangent.At(tile, sample) + channel;
            (Vector16 sum, Vector16 normalSum) = PixelSums.Add<TLanes>(
                X(tile, sample) + channel, Mean<TLanes>(tile, channel, lanes), reciprocal, delta, Pixels, Channels, lanes);
            _gradient.Add<TLanes>(tile, channel, lanes, normalSum, sum);
            if (_xCotangent is null)
                return;
            Vector16 gain = reciprocal * TLanes.Load(_scale.At(tile) + channel, lanes);
            PixelTerm.Write<TLanes>(new(delta, gain), default, _xCotangent.At(tile, sample) + channel, Pixels, Channels, lanes);
        }
    }

    private sealed unsafe class BackwardTangentCall : FrozenCall
    {
        private readonly CpuOperand? _xTangent;
        private readonly CpuOperand _cotangent;
        private readonly CpuOperand _cotangentTangent;
        private readonly CpuParameters _scale;
        private readonly CpuParameters _scaleTangent;
        private readonly CpuOperand? _result;
        private readonly GradientSum? _scaleSum;
        private readonly GradientSum? _shiftSum;

        public BackwardTangentCall(
            Tensor x, Tensor? xTangent, Slice mean, Slice variance, Tensor cotangent, Tensor cotangentTangent, Slice scale,
            Slice scaleTangent, Tensor? result, Slice? scaleResult, Slice? shiftResult)
            : base("frozen-batch-norm.backward-tangent",
                result?.Shape ?? x.Shape.WithMembers(scaleResult!.Value.Vector.Shape.Members), x, mean, variance)
        {
            (_xTangent, _cotangent, _cotangentTangent) = (ReadOptional(xTangent), Read(cotangent), Read(cotangentTangent));
            (_scale, _scaleTangent, _result) = (Read(scale), Read(scaleTangent), result is null ? null : Write(result));
            if (scaleResult is Slice scaleSlice && shiftResult is Slice shiftSlice)
                (_scaleSum, _shiftSum) = (Sum(scaleSlice, Channels), Sum(shiftSlice, Channels));
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            Vector16 reciprocal = Reciprocal<TLanes>(tile, channel, lanes);
            float* delta = _cotangent.At(tile, sample) + channel;
            float* deltaTangent = _cotangentTangent.At(tile, sample) + channel;
            if (_scaleSum is not null && _shiftSum is not null)
            {
                float* image = X(tile, sample) + channel;
                Vector16 mean = Mean<TLanes>(tile, channel, lanes);
                (Vector16 sum, Vector16 normalSum) = _xTangent is null
                    ? PixelSums.Add<TLanes>(image, mean, reciprocal, deltaTangent, Pixels, Channels, lanes)
                    : PixelSums.AddTangents<TLanes>(
                        new NormTangent(image, _xTangent.At(tile, sample) + channel, mean, reciprocal, default, default), delta,
                        deltaTangent, Pixels, Channels, lanes);
                _scaleSum.Add<TLanes>(tile, channel, lanes, normalSum);
                _shiftSum.Add<TLanes>(tile, channel, lanes, sum);
            }
            if (_result is null)
                return;
            PixelTerm.Write<TLanes>(
                new(delta, reciprocal * TLanes.Load(_scaleTangent.At(tile) + channel, lanes)),
                new(deltaTangent, reciprocal * TLanes.Load(_scale.At(tile) + channel, lanes)), default,
                _result.At(tile, sample) + channel, Pixels, Channels, lanes);
        }
    }
}
