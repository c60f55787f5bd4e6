using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
            (Vector512<float> mean, Vector512<float> reciprocal) = InstanceStatistics.Of<TLanes>(input, pixelCount, channels, lanes);
            float* saved = statistics.At(tile, sample) + channel;
            TLanes.Store(mean, saved, lanes);
            TLanes.Store(reciprocal, saved + Channels, lanes);
            Vector512<float> factor = reciprocal * TLanes.Load(scale.At(tile) + channel, lanes);
            Vector512<float> offset = TLanes.Load(shift.At(tile) + channel, lanes);
            float* output = y.At(tile, sample) + channel;
            for (int p = 0; p < pixelCount; p++)
                TLanes.Store(Add(TLanes.Load(input + p * channels, lanes) - mean, factor, offset), output + p * channels, lanes);
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
            Vector512<float> mean = TLanes.Load(saved, lanes), reciprocal = TLanes.Load(saved + Channels, lanes);
            Vector512<float> tangentSum = default, productSum = default;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector512<float> t = TLanes.Load(tangent + p * channels, lanes);
                Vector512<float> normal = (TLanes.Load(input + p * channels, lanes) - mean) * reciprocal;
                tangentSum += t;
                productSum = Add(normal, t, productSum);
            }
            Vector512<float> area = Vector512.Create((float)pixelCount);
            Vector512<float> tangentMean = tangentSum / area, productMean = productSum / area;
            Vector512<float> factor = TLanes.Load(scale.At(tile) + channel, lanes) * reciprocal;
            Vector512<float> factorTangent = TLanes.Load(scaleTangent.At(tile) + channel, lanes);
            Vector512<float> offset = TLanes.Load(shiftTangent.At(tile) + channel, lanes);
            float* output = yTangent.At(tile, sample) + channel;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector512<float> normal = (TLanes.Load(input + p * channels, lanes) - mean) * reciprocal;
                Vector512<float> centred = TLanes.Load(tangent + p * channels, lanes) - tangentMean - normal * productMean;
                TLanes.Store(Add(factorTangent, normal, Add(factor, centred, offset)), output + p * channels, lanes);
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
        internal readonly GradientSum scaleSum;
        internal readonly GradientSum shiftSum;
        private readonly NormProducts? _products;

        public BackwardCall(
            Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent,
            SampleProducts? wanted = null)
            : base("instance-norm.backward", xCotangent.Shape)
        {
            (this.x, this.statistics, this.cotangent, this.scale) = (Read(x), Read(statistics), Read(cotangent), Read(scale));
            this.xCotangent = Write(xCotangent);
            scaleSum = Sum(scaleCotangent, Channels);
            shiftSum = Sum(shiftCotangent, Channels);
            if (wanted is SampleProducts products)
                _products = new NormProducts(Read(products.WeightDirections), Read(products.BiasDirections), Write(products.Products),
                    products);
        }

        public override long TemporaryFloats(int samples) => _products is null ? 0 : 2 * Channels;

        /// <summary>Adds a sample's own terms to δγ and δβ, and keeps them for their products if these are requested.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void AddParameterCotangents<TLanes>(in Tile tile, int channel, int lanes, Vector512<float> scaleTerms,
        Vector512<float> shiftTerms)
            where TLanes : struct, ILaneAccess
        {
            float* scaleTotal = scaleSum.Slot(tile.Workspace) + channel;
            float* shiftTotal = shiftSum.Slot(tile.Workspace) + channel;
            TLanes.Store(TLanes.Load(scaleTotal, lanes) + scaleTerms, scaleTotal, lanes);
            TLanes.Store(TLanes.Load(shiftTotal, lanes) + shiftTerms, shiftTotal, lanes);
            if (_products is null)
                return;
            TLanes.Store(scaleTerms, tile.Workspace.Temporary + channel, lanes);
            TLanes.Store(shiftTerms, tile.Workspace.Temporary + Channels + channel, lanes);
        }

        internal protected override void EndSample(in Tile tile, int sample)
            => _products?.Write(tile, sample, tile.Workspace.Temporary, Channels);

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (int pixelCount, nint channels) = (Pixels, Channels);
            float* input = x.At(tile, sample) + channel;
            float* delta = cotangent.At(tile, sample) + channel;
            float* saved = statistics.At(tile, sample) + channel;
            Vector512<float> mean = TLanes.Load(saved, lanes), reciprocal = TLanes.Load(saved + Channels, lanes);
            Vector512<float> sum = default, productSum = default;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector512<float> d = TLanes.Load(delta + p * channels, lanes);
                sum += d;
                productSum = Add((TLanes.Load(input + p * channels, lanes) - mean) * reciprocal, d, productSum);
            }
            AddParameterCotangents<TLanes>(tile, channel, lanes, productSum, sum);
            Vector512<float> area = Vector512.Create((float)pixelCount);
            Vector512<float> deltaMean = sum / area, productMean = productSum / area;
            Vector512<float> factor = TLanes.Load(scale.At(tile) + channel, lanes) * reciprocal;
            float* output = xCotangent.At(tile, sample) + channel;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector512<float> normal = (TLanes.Load(input + p * channels, lanes) - mean) * reciprocal;
                Vector512<float> centred = TLanes.Load(delta + p * channels, lanes) - deltaMean - normal * productMean;
                TLanes.Store(factor * centred, output + p * channels, lanes);
            }
        }
    }

    internal sealed unsafe class BackwardTangentCall : ChannelCall
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

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (int pixelCount, nint channels) = (Pixels, Channels);
            float* input = x.At(tile, sample) + channel;
            float* inputTangent = xTangent.At(tile, sample) + channel;
            float* delta = cotangent.At(tile, sample) + channel;
            float* deltaTangent = cotangentTangent.At(tile, sample) + channel;
            float* saved = statistics.At(tile, sample) + channel;
            Vector512<float> mean = TLanes.Load(saved, lanes), reciprocal = TLanes.Load(saved + Channels, lanes);
            Vector512<float> area = Vector512.Create((float)pixelCount);

            Vector512<float> tangentMean = default, normalTangentMean = default;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector512<float> t = TLanes.Load(inputTangent + p * channels, lanes);
                tangentMean += t;
                normalTangentMean = Add((TLanes.Load(input + p * channels, lanes) - mean) * reciprocal, t, normalTangentMean);
            }
            tangentMean /= area;
            normalTangentMean /= area;

            Vector512<float> deltaSum = default, deltaNormalSum = default, tangentSum = default, tangentNormalSum = default,
                deltaMovedSum = default;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector512<float> normal = (TLanes.Load(input + p * channels, lanes) - mean) * reciprocal;
                Vector512<float> moved = reciprocal
                    * (TLanes.Load(inputTangent + p * channels, lanes) - tangentMean - normal * normalTangentMean);
                Vector512<float> d = TLanes.Load(delta + p * channels, lanes), dt = TLanes.Load(deltaTangent + p * channels, lanes);
                deltaSum += d;
                tangentSum += dt;
                deltaNormalSum = Add(d, normal, deltaNormalSum);
                tangentNormalSum = Add(dt, normal, tangentNormalSum);
                deltaMovedSum = Add(d, moved, deltaMovedSum);
            }
            AddParameterCotangents<TLanes>(tile, channel, lanes, tangentNormalSum + deltaMovedSum, tangentSum);

            // d = γδ and ḋ = γ̇δ + γδ̇ are linear in δ and δ̇, so that their means are combinations of the means of δ and δ̇.
            Vector512<float> gain = TLanes.Load(scale.At(tile) + channel, lanes),
                gainTangent = TLanes.Load(scaleTangent.At(tile) + channel, lanes);
            Vector512<float> dMean = gain * deltaSum / area;
            Vector512<float> dNormalMean = gain * deltaNormalSum / area;
            Vector512<float> dTangentMean = (gainTangent * deltaSum + gain * tangentSum) / area;
            Vector512<float> mixedMean = (gainTangent * deltaNormalSum + gain * (tangentNormalSum + deltaMovedSum)) / area;
            Vector512<float> contraction = reciprocal * normalTangentMean;
            float* output = result.At(tile, sample) + channel;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector512<float> normal = (TLanes.Load(input + p * channels, lanes) - mean) * reciprocal;
                Vector512<float> moved = reciprocal
                    * (TLanes.Load(inputTangent + p * channels, lanes) - tangentMean - normal * normalTangentMean);
                Vector512<float> d = TLanes.Load(delta + p * channels, lanes), dt = TLanes.Load(deltaTangent + p * channels, lanes);
                Vector512<float> inputCotangent = reciprocal * (gain * d - dMean - normal * dNormalMean);
                Vector512<float> centred = gainTangent * d + gain * dt - dTangentMean - moved * dNormalMean - normal * mixedMean;
                TLanes.Store(reciprocal * centred - contraction * inputCotangent, output + p * channels, lanes);
            }
        }

        /// <summary>Adds to δγ̇ and δβ̇, if they are requested.</summary>
        internal void AddParameterCotangents<TLanes>(in Tile tile, int channel, int lanes, Vector512<float> scaleTangents,
            Vector512<float> shiftTangents)
            where TLanes : struct, ILaneAccess
        {
            AddTo<TLanes>(scaleSum, tile, channel, lanes, scaleTangents);
            AddTo<TLanes>(shiftSum, tile, channel, lanes, shiftTangents);
        }

        private static void AddTo<TLanes>(GradientSum? sum, in Tile tile, int channel, int lanes, Vector512<float> values)
            where TLanes : struct, ILaneAccess
        {
            if (sum is null)
                return;
            float* total = sum.Slot(tile.Workspace) + channel;
            TLanes.Store(TLanes.Load(total, lanes) + values, total, lanes);
        }
    }
}
