using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The statistics of a batch: one call takes the moments of every sample, the next merges those of the present samples, in their order, in
/// float64 (Chan, Golub and LeVeque 1979). So the statistics do not depend on which thread has which samples.
/// </summary>
internal static unsafe class BatchStatistics
{
    /// <summary>Each sample's pivots, sums and squares, [E, N, 3C].</summary>
    internal sealed class MomentsCall : ChannelCall
    {
        private readonly CpuOperand _x;
        private readonly CpuOperand _moments;

        public MomentsCall(Tensor x, CpuTensor moments)
            : base("batch-norm.moments", x.Shape)
        {
            (_x, _moments) = (Read(x), Write(moments));
            Scratch = [moments];
        }

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            PixelMoments moments = PixelMoments.Compute<TLanes>(_x.At(tile, sample) + channel, Pixels, Channels, lanes);
            float* target = _moments.At(tile, sample) + channel;
            TLanes.Store(moments.Pivot, target, lanes);
            TLanes.Store(moments.Sum, target + Channels, lanes);
            TLanes.Store(moments.Squares, target + 2 * Channels, lanes);
        }
    }

    /// <summary>Merges the moments of a member's present samples.</summary>
    internal sealed class MergeCall : CpuCall
    {
        private readonly CpuOperand _moments;
        private readonly CpuOperand? _present;
        private readonly BatchPresence _presence;
        private readonly CpuOperand _statistics;
        private readonly int _samples;
        private readonly int _channels;
        private readonly int _pixels;

        public MergeCall(CpuTensor moments, Tensor? presence, Tensor statistics, TensorShape images)
            : base("batch-norm.statistics", images.Members, samples: 1)
        {
            (_moments, _statistics) = (ReadWhole(moments), Write(statistics));
            _present = presence is null ? null : ReadWhole(presence);
            _presence = new BatchPresence(_present, images.Samples);
            (_samples, _channels, _pixels) = (images.Samples, images.Channels, images.Height * images.Width);
        }

        public override void Execute(in Tile tile)
        {
            double count = (double)_pixels * _presence.Count(tile);
            float* target = _statistics.At(tile, 0);
            for (int channel = 0; channel < _channels; channel += LanePart.Lanes)
            {
                int lanes = Math.Min(LanePart.Lanes, _channels - channel);
                (Vector512<double> lowMean, Vector512<double> lowSquares) = Merge<LowerLanes>(tile, channel, lanes, count);
                (Vector512<double> highMean, Vector512<double> highSquares) = Merge<UpperLanes>(tile, channel, lanes, count);
                LanePart.Store(Vector512.Narrow(lowMean, highMean), target + channel, lanes);
                LanePart.Store(Vector512.Narrow(Reciprocal(lowSquares, count), Reciprocal(highSquares, count)),
                    target + _channels + channel, lanes);
                LanePart.Store(Vector512.Narrow(Unbiased(lowSquares, count), Unbiased(highSquares, count)),
                    target + 2 * _channels + channel, lanes);
            }
        }

        /// <summary>The mean, and the sum of the squares about it, of half of the lanes; zeros if no sample is present.</summary>
        private (Vector512<double> Mean, Vector512<double> Squares) Merge<THalf>(in Tile tile, int channel, int lanes, double count)
            where THalf : IHalf
        {
            var pixels = Vector512.Create((double)_pixels);
            Vector512<double> mean = Vector512<double>.Zero, squares = Vector512<double>.Zero;
            if (count == 0)
                return (mean, squares);
            for (int sample = 0; sample < _samples; sample++)
            {
                if (!_presence.Has(tile, sample))
                    continue;
                float* moments = _moments.At(tile, sample) + channel;
                mean += pixels * Load<THalf>(moments, lanes) + Load<THalf>(moments + _channels, lanes);
            }
            mean /= Vector512.Create(count);
            for (int sample = 0; sample < _samples; sample++)
            {
                if (!_presence.Has(tile, sample))
                    continue;
                float* moments = _moments.At(tile, sample) + channel;
                Vector512<double> sum = Load<THalf>(moments + _channels, lanes), own = sum / pixels;
                Vector512<double> away = Load<THalf>(moments, lanes) + own - mean;
                squares += Load<THalf>(moments + 2 * _channels, lanes) - sum * own + pixels * away * away;
            }
            return (mean, squares);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<double> Load<THalf>(float* source, int lanes)
            where THalf : IHalf
            => THalf.Widen(lanes == LanePart.Lanes ? Vector512.Load(source) : LanePart.Load(source, lanes));

        private static Vector512<double> Reciprocal(Vector512<double> squares, double count)
        {
            // A difference of float32 sums may be a little below zero.
            Vector512<double> variance = Vector512.Max(squares, Vector512<double>.Zero) / Vector512.Create(Math.Max(count, 1));
            return Vector512<double>.One / Vector512.Sqrt(variance + Vector512.Create((double)BatchNorm.Epsilon));
        }

        private static Vector512<double> Unbiased(Vector512<double> squares, double count)
            => count == 0
                ? -Vector512<double>.One
                : Vector512.Max(squares, Vector512<double>.Zero) / Vector512.Create(Math.Max(count - 1, 1));

        private interface IHalf
        {
            static abstract Vector512<double> Widen(Vector512<float> values);
        }

        private readonly struct LowerLanes : IHalf
        {
            public static Vector512<double> Widen(Vector512<float> values) => Vector512.WidenLower(values);
        }

        private readonly struct UpperLanes : IHalf
        {
            public static Vector512<double> Widen(Vector512<float> values) => Vector512.WidenUpper(values);
        }
    }
}
