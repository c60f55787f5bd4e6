using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Instance normalisation with sixteen channels in the lanes: a sample's channel block is a column of H·W vectors, C floats apart, so that
/// every mean is a plain sum of vectors and no operation crosses lanes.
/// </summary>
/// <remarks>
/// Each pass over the column reads it from the cache: forward two for the statistics and one to write, backward two, its tangent three.
/// </remarks>
internal sealed class CpuInstanceNorm(CpuDevice device) : InstanceNorm
{
    protected override void ForwardCore(Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
        => device.Submit(new ForwardCall(x, scale, shift, y, statistics));

    protected override void ForwardTangentCore(
        Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
        => device.Submit(new ForwardTangentCall(x, xTangent, statistics, scale, scaleTangent, shiftTangent, yTangent));

    protected override void BackwardCore(
        Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent)
        => device.Submit(new BackwardCall(x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent));

    protected override void BackwardCore(
        Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent,
        SampleProducts products)
        => device.Submit(new BackwardCall(x, statistics, cotangent, scale, xCotangent, scaleCotangent, shiftCotangent, products));

    protected override void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
        => device.Submit(new BackwardTangentCall(
            x, xTangent, statistics, cotangent, cotangentTangent, scale, scaleTangent, xCotangentTangent, scaleCotangentTangent,
            shiftCotangentTangent));

    internal sealed unsafe class ForwardCall : ChannelCall
    {
        internal readonly CpuOperand x;
        internal readonly CpuParameters scale;
        internal readonly CpuParameters shift;
        internal readonly CpuOperand y;
        internal readonly CpuOperand statistics;

        public ForwardCall(Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
            : base("instance-norm.forward", y.Shape)
            => (this.x, this.scale, this.shift, this.y, this.statistics) = (Read(x), Read(scale), Read(shift), Write(y), Write(statistics));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (int pixelCount, nint channels) = (Pixels, Channels);
            float* input = x.At(tile, sample) + channel;
            (Vector16 mean, Vector16 reciprocal) = InstanceStatistics.Of<TLanes>(input, pixelCount, channels, lanes);
            float* saved = statistics.At(tile, sample) + channel;
            TLanes.Store(mean, saved, lanes);
            TLanes.Store(reciprocal, saved + Channels, lanes);
            Vector16 factor = reciprocal * TLanes.Load(scale.At(tile) + channel, lanes);
            Vector16 offset = TLanes.Load(shift.At(tile) + channel, lanes);
            float* output = y.At(tile, sample) + channel;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector16 difference = TLanes.Load(input + p * channels, lanes) - mean;
                TLanes.Store(Vector16.MultiplyAdd(difference, factor, offset), output + p * channels, lanes);
            }
        }
    }

    internal sealed unsafe class ForwardTangentCall : ChannelCall
    {
        internal readonly CpuOperand x;
        internal readonly CpuOperand xTangent;
        internal readonly CpuOperand statistics;
        internal readonly CpuParameters scale;
        internal readonly CpuParameters scaleTangent;
        internal readonly CpuParameters shiftTangent;
        internal readonly CpuOperand yTangent;

        public ForwardTangentCall(Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent,
            Tensor yTangent)
            : base("instance-norm.forward-tangent", yTangent.Shape)
        {
            (this.x, this.xTangent, this.statistics) = (Read(x), Read(xTangent), Read(statistics));
            (this.scale, this.scaleTangent, this.shiftTangent, this.yTangent) = (Read(scale), Read(scaleTangent), Read(shiftTangent),
                Write(yTangent));
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (int pixelCount, nint channels) = (Pixels, Channels);
            float* input = x.At(tile, sample) + channel;
            float* tangent = xTangent.At(tile, sample) + channel;
            float* saved = statistics.At(tile, sample) + channel;
            Vector16 mean = TLanes.Load(saved, lanes), reciprocal = TLanes.Load(saved + Channels, lanes);
            Vector16 tangentSum = default, productSum = default;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector16 t = TLanes.Load(tangent + p * channels, lanes);
                Vector16 normal = (TLanes.Load(input + p * channels, lanes) - mean) * reciprocal;
                tangentSum += t;
                productSum = Vector16.MultiplyAdd(normal, t, productSum);
            }
            Vector16 area = Vector16.Create(pixelCount);
            Vector16 tangentMean = tangentSum / area, productMean = productSum / area;
            Vector16 factor = TLanes.Load(scale.At(tile) + channel, lanes) * reciprocal;
            Vector16 factorTangent = TLanes.Load(scaleTangent.At(tile) + channel, lanes);
            Vector16 offset = TLanes.Load(shiftTangent.At(tile) + channel, lanes);
            float* output = yTangent.At(tile, sample) + channel;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector16 normal = (TLanes.Load(input + p * channels, lanes) - mean) * reciprocal;
                Vector16 centred = TLanes.Load(tangent + p * channels, lanes) - tangentMean - normal * productMean;
                Vector16 moved = Vector16.MultiplyAdd(factorTangent, normal, Vector16.MultiplyAdd(factor, centred, offset));
                TLanes.Store(moved, output + p * channels, lanes);
            }
        }
    }

    internal sealed unsafe class BackwardCall : ChannelCall
    {
        internal readonly CpuOperand x;
        internal readonly CpuOperand statistics;
        internal readonly CpuOperand cotangent;
        internal readonly CpuParameters scale;
        internal readonly CpuOperand xCotangent;
        private readonly NormGradient _gradient;

        public BackwardCall(
            Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent,
            SampleProducts? wanted = null)
            : base("instance-norm.backward", xCotangent.Shape)
        {
            (this.x, this.statistics, this.cotangent, this.scale) = (Read(x), Read(statistics), Read(cotangent), Read(scale));
            this.xCotangent = Write(xCotangent);
            _gradient = new NormGradient(Sum(scaleCotangent, Channels), Sum(shiftCotangent, Channels), ReadNormProducts(wanted), Channels);
        }

        public override long TemporaryFloats(int samples) => _gradient.TemporaryFloats;

        /// <summary>Adds a sample's own terms to δγ and δβ.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void AddParameterCotangents<TLanes>(in Tile tile, int channel, int lanes, Vector16 scaleTerms, Vector16 shiftTerms)
            where TLanes : struct, ILaneAccess<Vector16>
            => _gradient.Add<TLanes>(tile, channel, lanes, scaleTerms, shiftTerms);

        internal protected override void EndSample(in Tile tile, int sample) => _gradient.EndSample(tile, sample);

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (int pixelCount, nint channels) = (Pixels, Channels);
            float* input = x.At(tile, sample) + channel;
            float* delta = cotangent.At(tile, sample) + channel;
            float* saved = statistics.At(tile, sample) + channel;
            Vector16 mean = TLanes.Load(saved, lanes), reciprocal = TLanes.Load(saved + Channels, lanes);
            Vector16 sum = default, productSum = default;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector16 d = TLanes.Load(delta + p * channels, lanes);
                sum += d;
                productSum = Vector16.MultiplyAdd((TLanes.Load(input + p * channels, lanes) - mean) * reciprocal, d, productSum);
            }
            AddParameterCotangents<TLanes>(tile, channel, lanes, productSum, sum);
            Vector16 area = Vector16.Create(pixelCount);
            Vector16 deltaMean = sum / area, productMean = productSum / area;
            Vector16 factor = TLanes.Load(scale.At(tile) + channel, lanes) * reciprocal;
            float* output = xCotangent.At(tile, sample) + channel;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector16 normal = (TLanes.Load(input + p * channels, lanes) - mean) * reciprocal;
                Vector16 centred = TLanes.Load(delta + p * channels, lanes) - deltaMean - normal * productMean;
                TLanes.Store(factor * centred, output + p * channels, lanes);
            }
        }
    }

    internal sealed unsafe class BackwardTangentCall : StripCall
    {
        internal readonly CpuOperand x;
        internal readonly CpuOperand xTangent;
        internal readonly CpuOperand statistics;
        internal readonly CpuOperand cotangent;
        internal readonly CpuOperand cotangentTangent;
        internal readonly CpuParameters scale;
        internal readonly CpuParameters scaleTangent;
        internal readonly CpuOperand result;
        internal readonly GradientSum? scaleSum;
        internal readonly GradientSum? shiftSum;

        public BackwardTangentCall(
            Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
            Tensor result, Slice? scaleResult, Slice? shiftResult)
            : base("instance-norm.backward-tangent", result.Shape)
        {
            (this.x, this.xTangent, this.statistics) = (Read(x), Read(xTangent), Read(statistics));
            (this.cotangent, this.cotangentTangent) = (Read(cotangent), Read(cotangentTangent));
            (this.scale, this.scaleTangent, this.result) = (Read(scale), Read(scaleTangent), Write(result));
            if (scaleResult is Slice scaleSlice && shiftResult is Slice shiftSlice)
                (scaleSum, shiftSum) = (Sum(scaleSlice, Channels), Sum(shiftSlice, Channels));
        }

        protected override void Compute<TVector, TLanes>(in Tile tile, int sample, int channel, int lanes)
            => NormBackwardTangent<TVector>.Compute<TLanes, OpenGate>(
                this, tile, sample, channel, lanes, cotangent, cotangentTangent, window: 1, shift: null);

        /// <summary>Adds to δγ̇ and δβ̇, if they are requested.</summary>
        internal void AddParameterCotangents<TVector, TLanes>(in Tile tile, int channel, int lanes, TVector scaleTangents,
            TVector shiftTangents)
            where TVector : unmanaged, IVector<TVector>
            where TLanes : struct, ILaneAccess<TVector>
        {
            AddTo<TVector, TLanes>(scaleSum, tile, channel, lanes, scaleTangents);
            AddTo<TVector, TLanes>(shiftSum, tile, channel, lanes, shiftTangents);
        }

        private static void AddTo<TVector, TLanes>(GradientSum? sum, in Tile tile, int channel, int lanes, TVector values)
            where TVector : unmanaged, IVector<TVector>
            where TLanes : struct, ILaneAccess<TVector>
        {
            if (sum is null)
                return;
            float* total = sum.Slot(tile.Workspace) + channel;
            TLanes.Store(TLanes.Load(total, lanes) + values, total, lanes);
        }
    }
}
