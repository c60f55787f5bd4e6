using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Instance normalisation with sixteen channels in the lanes: a sample's channel block is a column of H·W vectors, C floats apart, so that every
/// mean is a plain sum of vectors and no lane ever talks to another.
/// </summary>
/// <remarks>Each pass over the column reads it from the cache: forward two for the statistics and one to write, backward two, its tangent three.</remarks>
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

    protected override void BackwardTangentCore(
        Tensor x, Tensor xTangent, Tensor statistics, Tensor cotangent, Tensor cotangentTangent, Slice scale, Slice scaleTangent,
        Tensor xCotangentTangent, Slice? scaleCotangentTangent, Slice? shiftCotangentTangent)
        => device.Submit(new BackwardTangentCall(
            x, xTangent, statistics, cotangent, cotangentTangent, scale, scaleTangent, xCotangentTangent, scaleCotangentTangent, shiftCotangentTangent));

    /// <summary>What the four calls share: the walk over samples and channel blocks.</summary>
    private abstract unsafe class ChannelCall(string name, TensorShape images) : CpuCall(name, images.Members, images.Samples)
    {
        protected int Channels { get; } = images.Channels;

        protected int Pixels { get; } = images.Height * images.Width;

        public override void Execute(in Tile tile)
        {
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
                for (int channel = 0; channel < Channels; channel += LanePart.Lanes)
                    Compute(tile, sample, channel, Channels - channel);
        }

        /// <summary>One sample's channels from <paramref name="channel"/> on, at most sixteen of the <paramref name="lanes"/> that are left.</summary>
        protected abstract void Compute(in Tile tile, int sample, int channel, int lanes);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        protected static Vector512<float> Add(Vector512<float> product, Vector512<float> factor, Vector512<float> sum)
            => Vector512.FusedMultiplyAdd(product, factor, sum);
    }

    private sealed unsafe class ForwardCall : ChannelCall
    {
        private readonly CpuOperand x;
        private readonly CpuParameters scale;
        private readonly CpuParameters shift;
        private readonly CpuOperand y;
        private readonly CpuOperand statistics;

        public ForwardCall(Tensor x, Slice scale, Slice shift, Tensor y, Tensor statistics)
            : base("instance-norm.forward", y.Shape)
            => (this.x, this.scale, this.shift, this.y, this.statistics) = (Read(x), Read(scale), Read(shift), Write(y), Write(statistics));

        protected override void Compute(in Tile tile, int sample, int channel, int lanes)
        {
            float* input = x.At(tile, sample) + channel;
            Vector512<float> mean = Mean(input, lanes);
            Vector512<float> even = default, odd = default;
            int p = 0;
            for (; p + 1 < Pixels; p += 2)
            {
                Vector512<float> a = LanePart.Load(input + (long)p * Channels, lanes) - mean;
                Vector512<float> b = LanePart.Load(input + (long)(p + 1) * Channels, lanes) - mean;
                even = Add(a, a, even);
                odd = Add(b, b, odd);
            }
            if (p < Pixels)
            {
                Vector512<float> a = LanePart.Load(input + (long)p * Channels, lanes) - mean;
                even = Add(a, a, even);
            }
            Vector512<float> variance = (even + odd) / Vector512.Create((float)Pixels);
            Vector512<float> reciprocal = Vector512<float>.One / Vector512.Sqrt(variance + Vector512.Create(Epsilon));
            float* saved = statistics.At(tile, sample) + channel;
            LanePart.Store(mean, saved, lanes);
            LanePart.Store(reciprocal, saved + Channels, lanes);
            Vector512<float> factor = reciprocal * LanePart.Load(scale.At(tile) + channel, lanes);
            Vector512<float> offset = LanePart.Load(shift.At(tile) + channel, lanes);
            float* output = y.At(tile, sample) + channel;
            for (p = 0; p < Pixels; p++)
                LanePart.Store(Add(LanePart.Load(input + (long)p * Channels, lanes) - mean, factor, offset), output + (long)p * Channels, lanes);
        }

        private Vector512<float> Mean(float* input, int lanes)
        {
            Vector512<float> even = default, odd = default;
            int p = 0;
            for (; p + 1 < Pixels; p += 2)
            {
                even += LanePart.Load(input + (long)p * Channels, lanes);
                odd += LanePart.Load(input + (long)(p + 1) * Channels, lanes);
            }
            if (p < Pixels)
                even += LanePart.Load(input + (long)p * Channels, lanes);
            return (even + odd) / Vector512.Create((float)Pixels);
        }
    }

    private sealed unsafe class ForwardTangentCall : ChannelCall
    {
        private readonly CpuOperand x;
        private readonly CpuOperand xTangent;
        private readonly CpuOperand statistics;
        private readonly CpuParameters scale;
        private readonly CpuParameters scaleTangent;
        private readonly CpuParameters shiftTangent;
        private readonly CpuOperand yTangent;

        public ForwardTangentCall(Tensor x, Tensor xTangent, Tensor statistics, Slice scale, Slice scaleTangent, Slice shiftTangent, Tensor yTangent)
            : base("instance-norm.forward-tangent", yTangent.Shape)
        {
            (this.x, this.xTangent, this.statistics) = (Read(x), Read(xTangent), Read(statistics));
            (this.scale, this.scaleTangent, this.shiftTangent, this.yTangent) = (Read(scale), Read(scaleTangent), Read(shiftTangent), Write(yTangent));
        }

        protected override void Compute(in Tile tile, int sample, int channel, int lanes)
        {
            float* input = x.At(tile, sample) + channel;
            float* tangent = xTangent.At(tile, sample) + channel;
            float* saved = statistics.At(tile, sample) + channel;
            Vector512<float> mean = LanePart.Load(saved, lanes), reciprocal = LanePart.Load(saved + Channels, lanes);
            Vector512<float> tangentSum = default, productSum = default;
            for (int p = 0; p < Pixels; p++)
            {
                Vector512<float> t = LanePart.Load(tangent + (long)p * Channels, lanes);
                Vector512<float> normal = (LanePart.Load(input + (long)p * Channels, lanes) - mean) * reciprocal;
                tangentSum += t;
                productSum = Add(normal, t, productSum);
            }
            Vector512<float> pixels = Vector512.Create((float)Pixels);
            Vector512<float> tangentMean = tangentSum / pixels, productMean = productSum / pixels;
            Vector512<float> factor = LanePart.Load(scale.At(tile) + channel, lanes) * reciprocal;
            Vector512<float> factorTangent = LanePart.Load(scaleTangent.At(tile) + channel, lanes);
            Vector512<float> offset = LanePart.Load(shiftTangent.At(tile) + channel, lanes);
            float* output = yTangent.At(tile, sample) + channel;
            for (int p = 0; p < Pixels; p++)
            {
                Vector512<float> normal = (LanePart.Load(input + (long)p * Channels, lanes) - mean) * reciprocal;
                Vector512<float> centred = LanePart.Load(tangent + (long)p * Channels, lanes) - tangentMean - normal * productMean;
                LanePart.Store(Add(factorTangent, normal, Add(factor, centred, offset)), output + (long)p * Channels, lanes);
            }
        }
    }

    private sealed unsafe class BackwardCall : ChannelCall
    {
        private readonly CpuOperand x;
        private readonly CpuOperand statistics;
        private readonly CpuOperand cotangent;
        private readonly CpuParameters scale;
        private readonly CpuOperand xCotangent;
        private readonly GradientSum scaleSum;
        private readonly GradientSum shiftSum;

        public BackwardCall(Tensor x, Tensor statistics, Tensor cotangent, Slice scale, Tensor xCotangent, Slice scaleCotangent, Slice shiftCotangent)
            : base("instance-norm.backward", xCotangent.Shape)
        {
            (this.x, this.statistics, this.cotangent, this.scale) = (Read(x), Read(statistics), Read(cotangent), Read(scale));
            this.xCotangent = Write(xCotangent);
            scaleSum = Sum(scaleCotangent, Channels);
            shiftSum = Sum(shiftCotangent, Channels);
        }

        protected override void Compute(in Tile tile, int sample, int channel, int lanes)
        {
            float* input = x.At(tile, sample) + channel;
            float* delta = cotangent.At(tile, sample) + channel;
            float* saved = statistics.At(tile, sample) + channel;
            Vector512<float> mean = LanePart.Load(saved, lanes), reciprocal = LanePart.Load(saved + Channels, lanes);
            Vector512<float> sum = default, productSum = default;
            for (int p = 0; p < Pixels; p++)
            {
                Vector512<float> d = LanePart.Load(delta + (long)p * Channels, lanes);
                sum += d;
                productSum = Add((LanePart.Load(input + (long)p * Channels, lanes) - mean) * reciprocal, d, productSum);
            }
            float* scaleTotal = scaleSum.Slot(tile.Workspace) + channel;
            float* shiftTotal = shiftSum.Slot(tile.Workspace) + channel;
            LanePart.Store(LanePart.Load(scaleTotal, lanes) + productSum, scaleTotal, lanes);
            LanePart.Store(LanePart.Load(shiftTotal, lanes) + sum, shiftTotal, lanes);
            Vector512<float> pixels = Vector512.Create((float)Pixels);
            Vector512<float> deltaMean = sum / pixels, productMean = productSum / pixels;
            Vector512<float> factor = LanePart.Load(scale.At(tile) + channel, lanes) * reciprocal;
            float* output = xCotangent.At(tile, sample) + channel;
            for (int p = 0; p < Pixels; p++)
            {
                Vector512<float> normal = (LanePart.Load(input + (long)p * Channels, lanes) - mean) * reciprocal;
                Vector512<float> centred = LanePart.Load(delta + (long)p * Channels, lanes) - deltaMean - normal * productMean;
                LanePart.Store(factor * centred, output + (long)p * Channels, lanes);
            }
        }
    }

    private sealed unsafe class BackwardTangentCall : ChannelCall
    {
        private readonly CpuOperand x;
        private readonly CpuOperand xTangent;
        private readonly CpuOperand statistics;
        private readonly CpuOperand cotangent;
        private readonly CpuOperand cotangentTangent;
        private readonly CpuParameters scale;
        private readonly CpuParameters scaleTangent;
        private readonly CpuOperand result;
        private readonly GradientSum? scaleSum;
        private readonly GradientSum? shiftSum;

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

        protected override void Compute(in Tile tile, int sample, int channel, int lanes)
        {
            float* input = x.At(tile, sample) + channel;
            float* inputTangent = xTangent.At(tile, sample) + channel;
            float* delta = cotangent.At(tile, sample) + channel;
            float* deltaTangent = cotangentTangent.At(tile, sample) + channel;
            float* saved = statistics.At(tile, sample) + channel;
            Vector512<float> mean = LanePart.Load(saved, lanes), reciprocal = LanePart.Load(saved + Channels, lanes);
            Vector512<float> pixels = Vector512.Create((float)Pixels);

            Vector512<float> tangentMean = default, normalTangentMean = default;
            for (int p = 0; p < Pixels; p++)
            {
                Vector512<float> t = LanePart.Load(inputTangent + (long)p * Channels, lanes);
                tangentMean += t;
                normalTangentMean = Add((LanePart.Load(input + (long)p * Channels, lanes) - mean) * reciprocal, t, normalTangentMean);
            }
            tangentMean /= pixels;
            normalTangentMean /= pixels;

            Vector512<float> deltaSum = default, deltaNormalSum = default, tangentSum = default, tangentNormalSum = default, deltaMovedSum = default;
            for (int p = 0; p < Pixels; p++)
            {
                Vector512<float> normal = (LanePart.Load(input + (long)p * Channels, lanes) - mean) * reciprocal;
                Vector512<float> moved = reciprocal * (LanePart.Load(inputTangent + (long)p * Channels, lanes) - tangentMean - normal * normalTangentMean);
                Vector512<float> d = LanePart.Load(delta + (long)p * Channels, lanes), dt = LanePart.Load(deltaTangent + (long)p * Channels, lanes);
                deltaSum += d;
                tangentSum += dt;
                deltaNormalSum = Add(d, normal, deltaNormalSum);
                tangentNormalSum = Add(dt, normal, tangentNormalSum);
                deltaMovedSum = Add(d, moved, deltaMovedSum);
            }
            AddTo(scaleSum, tile, channel, lanes, tangentNormalSum + deltaMovedSum);
            AddTo(shiftSum, tile, channel, lanes, tangentSum);

            // d = γδ and ḋ = γ̇δ + γδ̇ are linear in δ and δ̇, so that their means are those of δ and δ̇ put together.
            Vector512<float> gain = LanePart.Load(scale.At(tile) + channel, lanes), gainTangent = LanePart.Load(scaleTangent.At(tile) + channel, lanes);
            Vector512<float> dMean = gain * deltaSum / pixels;
            Vector512<float> dNormalMean = gain * deltaNormalSum / pixels;
            Vector512<float> dTangentMean = (gainTangent * deltaSum + gain * tangentSum) / pixels;
            Vector512<float> mixedMean = (gainTangent * deltaNormalSum + gain * (tangentNormalSum + deltaMovedSum)) / pixels;
            Vector512<float> contraction = reciprocal * normalTangentMean;
            float* output = result.At(tile, sample) + channel;
            for (int p = 0; p < Pixels; p++)
            {
                Vector512<float> normal = (LanePart.Load(input + (long)p * Channels, lanes) - mean) * reciprocal;
                Vector512<float> moved = reciprocal * (LanePart.Load(inputTangent + (long)p * Channels, lanes) - tangentMean - normal * normalTangentMean);
                Vector512<float> d = LanePart.Load(delta + (long)p * Channels, lanes), dt = LanePart.Load(deltaTangent + (long)p * Channels, lanes);
                Vector512<float> inputCotangent = reciprocal * (gain * d - dMean - normal * dNormalMean);
                Vector512<float> centred = gainTangent * d + gain * dt - dTangentMean - moved * dNormalMean - normal * mixedMean;
                LanePart.Store(reciprocal * centred - contraction * inputCotangent, output + (long)p * Channels, lanes);
            }
        }

        private static void AddTo(GradientSum? sum, in Tile tile, int channel, int lanes, Vector512<float> values)
        {
            if (sum is null)
                return;
            float* total = sum.Slot(tile.Workspace) + channel;
            LanePart.Store(LanePart.Load(total, lanes) + values, total, lanes);
        }
    }
}
