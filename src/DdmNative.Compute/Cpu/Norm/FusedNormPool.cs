using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Instance norm, ReLU and pool as one call each way, without the images between them: the mask is recomputed from x and its
/// statistics, in the same operations and order, so that the bits are those of the separate calls.
/// </summary>
/// <remarks>
/// Forward reads x three times and writes a quarter of it; backward reads x and the pooled cotangent twice and writes δx. The four
/// image-sized intermediates of the separate calls would not fit in the second-level cache beside x and δx. <see cref="NormPoolFusion"/>
/// decides where this applies.
/// </remarks>
internal static unsafe class FusedNormPool
{
    /// <summary>The norm's forward and the pool's.</summary>
    internal sealed class ForwardCall : ChannelCall
    {
        private readonly CpuInstanceNorm.ForwardCall _norm;
        private readonly CpuReluAvgPool.PoolCall _pool;

        public ForwardCall(CpuInstanceNorm.ForwardCall norm, CpuReluAvgPool.PoolCall pool)
            : base("instance-norm-relu-avg-pool.forward", norm.y.Tensor.Shape)
        {
            (_norm, _pool) = (norm, pool);
            Adopt(norm, except: [norm.y.Tensor]);
            Adopt(pool, except: [norm.y.Tensor]);
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* input = _norm.x.At(tile, sample) + channel;
            (Vector512<float> mean, Vector512<float> reciprocal) = InstanceStatistics.Of<TLanes>(input, Pixels, Channels, lanes);
            float* saved = _norm.statistics.At(tile, sample) + channel;
            TLanes.Store(mean, saved, lanes);
            TLanes.Store(reciprocal, saved + Channels, lanes);
            Vector512<float> factor = reciprocal * TLanes.Load(_norm.scale.At(tile) + channel, lanes);
            var pixels = new Activation<TLanes>(input, mean, factor, TLanes.Load(_norm.shift.At(tile) + channel, lanes), lanes);
            _pool.AssignMeans<TLanes, Activation<TLanes>>(tile, sample, channel, lanes, pixels);
        }

        private readonly struct Activation<TLanes>(float* input, Vector512<float> mean, Vector512<float> factor, Vector512<float> offset,
            int lanes) : IPixels
            where TLanes : struct, ILaneAccess
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Vector512<float> At(nint pixel)
            {
                Vector512<float> y = Vector512.MultiplyAddEstimate(TLanes.Load(input + pixel, lanes) - mean, factor, offset);
                return CpuReluAvgPool.Masked(y, y);
            }
        }
    }

    /// <summary>The norm's forward tangent and the pool's.</summary>
    internal sealed class ForwardTangentCall : ChannelCall
    {
        private readonly CpuInstanceNorm.ForwardTangentCall _norm;
        private readonly CpuReluAvgPool.PoolCall _pool;
        private readonly CpuParameters _shift;

        public ForwardTangentCall(CpuInstanceNorm.ForwardCall primal, CpuInstanceNorm.ForwardTangentCall norm, CpuReluAvgPool.PoolCall pool)
            : base("instance-norm-relu-avg-pool.forward-tangent", norm.yTangent.Tensor.Shape)
        {
            (_norm, _pool, _shift) = (norm, pool, primal.shift);
            Adopt(norm, except: [norm.yTangent.Tensor]);
            Adopt(pool, except: [norm.yTangent.Tensor, primal.y.Tensor]);
            Adopt(_shift);
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* input = _norm.x.At(tile, sample) + channel;
            float* tangent = _norm.xTangent.At(tile, sample) + channel;
            float* saved = _norm.statistics.At(tile, sample) + channel;
            Vector512<float> mean = TLanes.Load(saved, lanes), reciprocal = TLanes.Load(saved + Channels, lanes);
            (nint channels, int pixelCount) = (Channels, Pixels);
            Vector512<float> tangentSum = default, productSum = default;
            for (int p = 0; p < pixelCount; p++)
            {
                Vector512<float> t = TLanes.Load(tangent + p * channels, lanes);
                tangentSum += t;
                productSum = Add((TLanes.Load(input + p * channels, lanes) - mean) * reciprocal, t, productSum);
            }
            Vector512<float> area = Vector512.Create((float)pixelCount), scale = TLanes.Load(_norm.scale.At(tile) + channel, lanes);
            var pixels = new ActivationTangent<TLanes>
            {
                Input = input,
                Tangent = tangent,
                Mean = mean,
                Reciprocal = reciprocal,
                TangentMean = tangentSum / area,
                ProductMean = productSum / area,
                PrimalFactor = reciprocal * scale,
                PrimalOffset = TLanes.Load(_shift.At(tile) + channel, lanes),
                Factor = scale * reciprocal,
                FactorTangent = TLanes.Load(_norm.scaleTangent.At(tile) + channel, lanes),
                Offset = TLanes.Load(_norm.shiftTangent.At(tile) + channel, lanes),
                Lanes = lanes,
            };
            _pool.AssignMeans<TLanes, ActivationTangent<TLanes>>(tile, sample, channel, lanes, pixels);
        }

        private struct ActivationTangent<TLanes> : IPixels
            where TLanes : struct, ILaneAccess
        {
            public float* Input;
            public float* Tangent;
            public Vector512<float> Mean;
            public Vector512<float> Reciprocal;
            public Vector512<float> TangentMean;
            public Vector512<float> ProductMean;
            public Vector512<float> PrimalFactor;
            public Vector512<float> PrimalOffset;
            public Vector512<float> Factor;
            public Vector512<float> FactorTangent;
            public Vector512<float> Offset;
            public int Lanes;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly Vector512<float> At(nint pixel)
            {
                Vector512<float> difference = TLanes.Load(Input + pixel, Lanes) - Mean, normal = difference * Reciprocal;
                Vector512<float> centred = TLanes.Load(Tangent + pixel, Lanes) - TangentMean - normal * ProductMean;
                Vector512<float> moved = Add(FactorTangent, normal, Add(Factor, centred, Offset));
                return CpuReluAvgPool.Masked(Add(difference, PrimalFactor, PrimalOffset), moved);
            }
        }
    }

    /// <summary>The pool's backward and the norm's.</summary>
    internal sealed class BackwardCall : ChannelCall
    {
        private readonly CpuReluAvgPool.SpreadCall _pool;
        private readonly CpuInstanceNorm.BackwardCall _norm;
        private readonly CpuParameters _shift;

        public BackwardCall(CpuInstanceNorm.ForwardCall primal, CpuReluAvgPool.SpreadCall pool, CpuInstanceNorm.BackwardCall norm)
            : base("instance-norm-relu-avg-pool.backward", norm.xCotangent.Tensor.Shape)
        {
            (_pool, _norm, _shift) = (pool, norm, primal.shift);
            Adopt(norm, except: [norm.cotangent.Tensor]);
            Adopt(pool, except: [norm.cotangent.Tensor, primal.y.Tensor]);
            Adopt(_shift);
        }

        public override long TemporaryFloats(int samples) => _norm.TemporaryFloats(samples);

        internal protected override void EndSample(in Tile tile, int sample) => _norm.EndSample(tile, sample);

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* input = _norm.x.At(tile, sample) + channel;
            float* delta = _pool.cotangent.At(tile, sample) + channel;
            float* saved = _norm.statistics.At(tile, sample) + channel;
            Vector512<float> mean = TLanes.Load(saved, lanes), reciprocal = TLanes.Load(saved + Channels, lanes);
            Vector512<float> scale = TLanes.Load(_norm.scale.At(tile) + channel, lanes),
                offset = TLanes.Load(_shift.At(tile) + channel, lanes);
            Vector512<float> factor = reciprocal * scale;
            (TensorShape images, TensorShape pooled, int window, nint channels) = (_norm.x.Tensor.Shape, _pool.cotangent.Tensor.Shape,
                _pool.window, Channels);
            (nint row, int coveredRows, int coveredColumns) = (images.Width * channels, pooled.Height * window, pooled.Width * window);
            Vector512<float> share = Vector512.Create(1.0f / (window * window));

            Vector512<float> sum = default, productSum = default;
            for (int i = 0; i < coveredRows; i++)
            {
                float* pooledDelta = delta + (nint)(i / window) * pooled.Width * channels;
                float* pixel = input + i * row;
                for (int j = 0; j < pooled.Width; j++, pooledDelta += channels)
                {
                    Vector512<float> value = share * TLanes.Load(pooledDelta, lanes);
                    for (int k = 0; k < window; k++, pixel += channels)
                    {
                        Vector512<float> difference = TLanes.Load(pixel, lanes) - mean;
                        Vector512<float> d = CpuReluAvgPool.Masked(Add(difference, factor, offset), value);
                        sum += d;
                        productSum = Add(difference * reciprocal, d, productSum);
                    }
                }
            }
            _norm.AddParameterCotangents<TLanes>(tile, channel, lanes, productSum, sum);

            Vector512<float> area = Vector512.Create((float)Pixels), deltaMean = sum / area, productMean = productSum / area;
            Vector512<float> gain = scale * reciprocal;
            float* output = _norm.xCotangent.At(tile, sample) + channel;
            for (int i = 0; i < images.Height; i++)
            {
                float* pooledDelta = delta + (nint)(i / window) * pooled.Width * channels;
                float* pixel = input + i * row;
                float* target = output + i * row;
                int columns = i < coveredRows ? coveredColumns : 0;
                for (int j = 0; j < columns; j += window, pooledDelta += channels)
                {
                    Vector512<float> value = share * TLanes.Load(pooledDelta, lanes);
                    for (int k = 0; k < window; k++, pixel += channels, target += channels)
                    {
                        Vector512<float> difference = TLanes.Load(pixel, lanes) - mean;
                        Vector512<float> d = CpuReluAvgPool.Masked(Add(difference, factor, offset), value);
                        TLanes.Store(gain * (d - deltaMean - difference * reciprocal * productMean), target, lanes);
                    }
                }
                for (int j = columns; j < images.Width; j++, pixel += channels, target += channels)
                {
                    Vector512<float> normal = (TLanes.Load(pixel, lanes) - mean) * reciprocal;
                    TLanes.Store(gain * (default(Vector512<float>) - deltaMean - normal * productMean), target, lanes);
                }
            }
        }
    }

    /// <summary>The tangents of the pool's backward and of the norm's.</summary>
    internal sealed class BackwardTangentCall : ChannelCall
    {
        private readonly CpuReluAvgPool.SpreadCall _pool;
        private readonly CpuReluAvgPool.SpreadCall _poolTangent;
        private readonly CpuInstanceNorm.BackwardTangentCall _norm;
        private readonly CpuParameters _shift;

        public BackwardTangentCall(
            CpuInstanceNorm.ForwardCall primal, CpuReluAvgPool.SpreadCall pool, CpuReluAvgPool.SpreadCall poolTangent,
            CpuInstanceNorm.BackwardTangentCall norm)
            : base("instance-norm-relu-avg-pool.backward-tangent", norm.result.Tensor.Shape)
        {
            (_pool, _poolTangent, _norm, _shift) = (pool, poolTangent, norm, primal.shift);
            Adopt(norm, except: [norm.cotangent.Tensor, norm.cotangentTangent.Tensor]);
            Adopt(pool, except: [norm.cotangent.Tensor, primal.y.Tensor]);
            Adopt(poolTangent, except: [norm.cotangentTangent.Tensor, primal.y.Tensor]);
            Adopt(_shift);
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* input = _norm.x.At(tile, sample) + channel;
            float* inputTangent = _norm.xTangent.At(tile, sample) + channel;
            float* delta = _pool.cotangent.At(tile, sample) + channel;
            float* deltaTangent = _poolTangent.cotangent.At(tile, sample) + channel;
            float* saved = _norm.statistics.At(tile, sample) + channel;
            Vector512<float> mean = TLanes.Load(saved, lanes), reciprocal = TLanes.Load(saved + Channels, lanes);
            Vector512<float> gain = TLanes.Load(_norm.scale.At(tile) + channel, lanes),
                gainTangent = TLanes.Load(_norm.scaleTangent.At(tile) + channel, lanes);
            Vector512<float> factor = reciprocal * gain, offset = TLanes.Load(_shift.At(tile) + channel, lanes);
            (TensorShape images, TensorShape pooled, int window, nint channels) = (_norm.x.Tensor.Shape, _pool.cotangent.Tensor.Shape,
                _pool.window, Channels);
            (nint row, int coveredRows, int coveredColumns, int pixelCount) = (images.Width * channels, pooled.Height * window,
                pooled.Width * window, Pixels);
            Vector512<float> share = Vector512.Create(1.0f / (window * window)), area = Vector512.Create((float)pixelCount);

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
            for (int i = 0; i < coveredRows; i++)
            {
                nint pooledPixel = (nint)(i / window) * pooled.Width * channels, pixel = i * row;
                for (int j = 0; j < pooled.Width; j++, pooledPixel += channels)
                {
                    Vector512<float> value = share * TLanes.Load(delta + pooledPixel, lanes),
                        valueTangent = share * TLanes.Load(deltaTangent + pooledPixel, lanes);
                    for (int k = 0; k < window; k++, pixel += channels)
                    {
                        Vector512<float> difference = TLanes.Load(input + pixel, lanes) - mean, normal = difference * reciprocal;
                        Vector512<float> moved = reciprocal
                            * (TLanes.Load(inputTangent + pixel, lanes) - tangentMean - normal * normalTangentMean);
                        Vector512<float> y = Add(difference, factor, offset);
                        Vector512<float> d = CpuReluAvgPool.Masked(y, value), dt = CpuReluAvgPool.Masked(y, valueTangent);
                        deltaSum += d;
                        tangentSum += dt;
                        deltaNormalSum = Add(d, normal, deltaNormalSum);
                        tangentNormalSum = Add(dt, normal, tangentNormalSum);
                        deltaMovedSum = Add(d, moved, deltaMovedSum);
                    }
                }
            }
            _norm.AddParameterCotangents<TLanes>(tile, channel, lanes, tangentNormalSum + deltaMovedSum, tangentSum);

            Vector512<float> dMean = gain * deltaSum / area;
            Vector512<float> dNormalMean = gain * deltaNormalSum / area;
            Vector512<float> dTangentMean = (gainTangent * deltaSum + gain * tangentSum) / area;
            Vector512<float> mixedMean = (gainTangent * deltaNormalSum + gain * (tangentNormalSum + deltaMovedSum)) / area;
            Vector512<float> contraction = reciprocal * normalTangentMean;
            float* output = _norm.result.At(tile, sample) + channel;
            for (int i = 0; i < images.Height; i++)
            {
                nint pooledPixel = (nint)(i / window) * pooled.Width * channels, pixel = i * row;
                int columns = i < coveredRows ? coveredColumns : 0;
                for (int j = 0; j < images.Width; j++, pixel += channels)
                {
                    Vector512<float> difference = TLanes.Load(input + pixel, lanes) - mean, normal = difference * reciprocal;
                    Vector512<float> moved = reciprocal
                        * (TLanes.Load(inputTangent + pixel, lanes) - tangentMean - normal * normalTangentMean);
                    Vector512<float> d = default, dt = default;
                    if (j < columns)
                    {
                        Vector512<float> y = Add(difference, factor, offset);
                        nint source = pooledPixel + j / window * channels;
                        d = CpuReluAvgPool.Masked(y, share * TLanes.Load(delta + source, lanes));
                        dt = CpuReluAvgPool.Masked(y, share * TLanes.Load(deltaTangent + source, lanes));
                    }
                    Vector512<float> inputCotangent = reciprocal * (gain * d - dMean - normal * dNormalMean);
                    Vector512<float> centred = gainTangent * d + gain * dt - dTangentMean - moved * dNormalMean - normal * mixedMean;
                    TLanes.Store(reciprocal * centred - contraction * inputCotangent, output + pixel, lanes);
                }
            }
        }
    }
}
