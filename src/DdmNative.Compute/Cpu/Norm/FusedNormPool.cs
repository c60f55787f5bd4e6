using System.Runtime.CompilerServices;

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
    /// <summary>Pooled pixels of a strip: 28 pixels of x and of ẋ with a window of two.</summary>
    private const int StripWindows = 7;

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
            (Vector16 mean, Vector16 reciprocal) = InstanceStatistics.Of<TLanes>(input, Pixels, Channels, lanes);
            float* saved = _norm.statistics.At(tile, sample) + channel;
            TLanes.Store(mean, saved, lanes);
            TLanes.Store(reciprocal, saved + Channels, lanes);
            Vector16 factor = reciprocal * TLanes.Load(_norm.scale.At(tile) + channel, lanes);
            var pixels = new Activation<TLanes>(input, mean, factor, TLanes.Load(_norm.shift.At(tile) + channel, lanes), lanes);
            _pool.AssignMeans<TLanes, Activation<TLanes>>(tile, sample, channel, lanes, pixels);
        }

        private readonly struct Activation<TLanes>(float* input, Vector16 mean, Vector16 factor, Vector16 offset,
            int lanes) : IPixels<Vector16>
            where TLanes : struct, ILaneAccess<Vector16>
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Vector16 At(nint pixel)
            {
                Vector16 y = Vector16.MultiplyAdd(TLanes.Load(input + pixel, lanes) - mean, factor, offset);
                return Vector16.WherePositive(y, y);
            }
        }
    }

    /// <summary>The norm's forward tangent and the pool's.</summary>
    internal sealed class ForwardTangentCall : StripCall
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

        protected override void Compute<TVector, TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            Span<TangentMeans<TVector>> means = stackalloc TangentMeans<TVector>[Parts<TVector>(lanes)];
            int count = Math.Min(lanes, TVector.Lanes);
            for (int k = 0; k < means.Length; k++)
            {
                int first = channel + k * TVector.Lanes;
                means[k] = TangentMeans<TVector>.Create<TLanes>(_norm.x, _norm.xTangent, _norm.statistics, tile, sample, first, count);
            }
            TangentMeans<TVector>.Compute<TLanes>(means, count);

            Span<ActivationTangent<TVector, TLanes>> pixels = stackalloc ActivationTangent<TVector, TLanes>[means.Length];
            for (int k = 0; k < means.Length; k++)
            {
                int first = channel + k * TVector.Lanes;
                TVector scale = TLanes.Load(_norm.scale.At(tile) + first, count);
                pixels[k] = new ActivationTangent<TVector, TLanes>
                {
                    Means = means[k],
                    PrimalFactor = means[k].Reciprocal * scale,
                    PrimalOffset = TLanes.Load(_shift.At(tile) + first, count),
                    Factor = scale * means[k].Reciprocal,
                    FactorTangent = TLanes.Load(_norm.scaleTangent.At(tile) + first, count),
                    Offset = TLanes.Load(_norm.shiftTangent.At(tile) + first, count),
                    Lanes = count,
                };
            }

            float* target = _pool.y.At(tile, sample) + channel;
            TensorShape pooled = _pool.y.Tensor.Shape;
            int rows = StripLength<TVector>(1, pooled.Height), columns = StripLength<TVector>(StripWindows, pooled.Width);
            for (int i = 0; i < pooled.Height; i += rows)
                for (int j = 0; j < pooled.Width; j += columns)
                    for (int k = 0; k < pixels.Length; k++)
                        AssignMeans(target + k * TVector.Lanes, pixels[k], (i, i + rows), (j, Math.Min(j + columns, pooled.Width)));
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void AssignMeans<TVector, TLanes>(float* target, in ActivationTangent<TVector, TLanes> pixels, (int First, int End) rows,
            (int First, int End) columns)
            where TVector : unmanaged, IVector<TVector>
            where TLanes : struct, ILaneAccess<TVector>
            => _pool.AssignMeans<TVector, TLanes, ActivationTangent<TVector, TLanes>>(target, pixels.Lanes, pixels, rows, columns);

        private struct ActivationTangent<TVector, TLanes> : IPixels<TVector>
            where TVector : unmanaged, IVector<TVector>
            where TLanes : struct, ILaneAccess<TVector>
        {
            public TangentMeans<TVector> Means;
            public TVector PrimalFactor;
            public TVector PrimalOffset;
            public TVector Factor;
            public TVector FactorTangent;
            public TVector Offset;
            public int Lanes;

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public readonly TVector At(nint pixel)
            {
                TVector difference = TLanes.Load(Means.Input + pixel, Lanes) - Means.Mean, normal = difference * Means.Reciprocal;
                TVector centred = TLanes.Load(Means.InputTangent + pixel, Lanes) - Means.Tangent - normal * Means.NormalTangent;
                TVector moved = TVector.MultiplyAdd(FactorTangent, normal, TVector.MultiplyAdd(Factor, centred, Offset));
                return TVector.WherePositive(TVector.MultiplyAdd(difference, PrimalFactor, PrimalOffset), moved);
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
            Vector16 mean = TLanes.Load(saved, lanes), reciprocal = TLanes.Load(saved + Channels, lanes);
            Vector16 scale = TLanes.Load(_norm.scale.At(tile) + channel, lanes),
                offset = TLanes.Load(_shift.At(tile) + channel, lanes);
            Vector16 factor = reciprocal * scale;
            (TensorShape images, TensorShape pooled, int window, nint channels) = (_norm.x.Tensor.Shape, _pool.cotangent.Tensor.Shape,
                _pool.window, Channels);
            (nint row, int coveredRows, int coveredColumns) = (images.Width * channels, pooled.Height * window, pooled.Width * window);
            Vector16 share = Vector16.Create(1.0f / (window * window));

            Vector16 sum = default, productSum = default;
            for (int i = 0; i < coveredRows; i++)
            {
                float* pooledDelta = delta + (nint)(i / window) * pooled.Width * channels;
                float* pixel = input + i * row;
                for (int j = 0; j < pooled.Width; j++, pooledDelta += channels)
                {
                    Vector16 value = share * TLanes.Load(pooledDelta, lanes);
                    for (int k = 0; k < window; k++, pixel += channels)
                    {
                        Vector16 difference = TLanes.Load(pixel, lanes) - mean;
                        Vector16 d = Vector16.WherePositive(Vector16.MultiplyAdd(difference, factor, offset), value);
                        sum += d;
                        productSum = Vector16.MultiplyAdd(difference * reciprocal, d, productSum);
                    }
                }
            }
            _norm.AddParameterCotangents<TLanes>(tile, channel, lanes, productSum, sum);

            Vector16 area = Vector16.Create(Pixels), deltaMean = sum / area, productMean = productSum / area;
            Vector16 gain = scale * reciprocal;
            float* output = _norm.xCotangent.At(tile, sample) + channel;
            for (int i = 0; i < images.Height; i++)
            {
                float* pooledDelta = delta + (nint)(i / window) * pooled.Width * channels;
                float* pixel = input + i * row;
                float* target = output + i * row;
                int columns = i < coveredRows ? coveredColumns : 0;
                for (int j = 0; j < columns; j += window, pooledDelta += channels)
                {
                    Vector16 value = share * TLanes.Load(pooledDelta, lanes);
                    for (int k = 0; k < window; k++, pixel += channels, target += channels)
                    {
                        Vector16 difference = TLanes.Load(pixel, lanes) - mean;
                        Vector16 d = Vector16.WherePositive(Vector16.MultiplyAdd(difference, factor, offset), value);
                        TLanes.Store(gain * (d - deltaMean - difference * reciprocal * productMean), target, lanes);
                    }
                }
                for (int j = columns; j < images.Width; j++, pixel += channels, target += channels)
                {
                    Vector16 normal = (TLanes.Load(pixel, lanes) - mean) * reciprocal;
                    TLanes.Store(gain * (default(Vector16) - deltaMean - normal * productMean), target, lanes);
                }
            }
        }
    }

    /// <summary>The tangents of the pool's backward and of the norm's.</summary>
    internal sealed class BackwardTangentCall : StripCall
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

        protected override void Compute<TVector, TLanes>(in Tile tile, int sample, int channel, int lanes)
            => NormBackwardTangent<TVector>.Compute<TLanes, PositiveGate>(
                _norm, tile, sample, channel, lanes, _pool.cotangent, _poolTangent.cotangent, _pool.window, _shift);
    }
}
