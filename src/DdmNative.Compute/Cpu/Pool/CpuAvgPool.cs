using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Mean pool with sixteen channels in the lanes. Forward sums a window's pixels in row-major order; backward sums the cotangents of the
/// windows that hold a pixel, also in row-major order, so that each output is written once. All channels of an output are computed before
/// the next one, so that images are read and written in the order of memory.
/// </summary>
internal sealed class CpuAvgPool(CpuDevice device) : AvgPool
{
    protected override void ForwardCore(PoolingShape shape, Tensor x, Tensor y) => device.Submit(new MeanCall(shape, x, y));

    protected override void BackwardCore(PoolingShape shape, Tensor cotangent, Tensor xCotangent)
        => device.Submit(new SpreadCall(shape, cotangent, xCotangent));

    private sealed unsafe class MeanCall : CpuCall
    {
        private readonly PoolingShape _shape;
        private readonly CpuOperand _x;
        private readonly CpuOperand _y;

        public MeanCall(PoolingShape shape, Tensor x, Tensor y)
            : base("avg-pool.forward", y.Shape.Members, y.Shape.Samples)
            => (_shape, _x, _y) = (shape, Read(x), Write(y));

        public override void Execute(in Tile tile)
        {
            (TensorShape image, TensorShape pooled, nint channels) = (_x.Tensor.Shape, _y.Tensor.Shape, _y.Tensor.Shape.Channels);
            nint row = image.Width * channels;
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                float* x = _x.At(tile, sample);
                float* target = _y.At(tile, sample);
                for (int i = 0; i < pooled.Height; i++)
                    for (int j = 0; j < pooled.Width; j++, target += channels)
                        ShareSum.Assign(x + i * _shape.Stride * row + j * _shape.Stride * channels, _shape.WindowHeight, _shape.WindowWidth,
                            row, channels, _shape.Share, target);
            }
        }
    }

    private sealed unsafe class SpreadCall : CpuCall
    {
        private readonly PoolingShape _shape;
        private readonly CpuOperand _cotangent;
        private readonly CpuOperand _xCotangent;

        public SpreadCall(PoolingShape shape, Tensor cotangent, Tensor xCotangent)
            : base("avg-pool.backward", xCotangent.Shape.Members, xCotangent.Shape.Samples)
            => (_shape, _cotangent, _xCotangent) = (shape, Read(cotangent), Write(xCotangent));

        public override void Execute(in Tile tile)
        {
            (TensorShape image, TensorShape pooled, nint channels) = (_xCotangent.Tensor.Shape, _cotangent.Tensor.Shape,
                _cotangent.Tensor.Shape.Channels);
            nint row = pooled.Width * channels;
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                float* delta = _cotangent.At(tile, sample);
                float* target = _xCotangent.At(tile, sample);
                (int First, int End) down = default;
                for (int h = 0; h < image.Height; h++)
                {
                    down = Advance(down, h, _shape.WindowHeight, pooled.Height);
                    (int First, int End) right = default;
                    for (int w = 0; w < image.Width; w++, target += channels)
                    {
                        right = Advance(right, w, _shape.WindowWidth, pooled.Width);
                        ShareSum.Assign(delta + down.First * row + right.First * channels, down.End - down.First, right.End - right.First,
                            row, channels, _shape.Share, target);
                    }
                }
            }
        }

        /// <summary>The windows that hold a row or a column, given those that hold the one before it.</summary>
        private (int First, int End) Advance((int First, int End) windows, int at, int window, int count)
        {
            (int first, int end) = windows;
            while (end < count && end * _shape.Stride <= at)
                end++;
            while (first < end && first * _shape.Stride + window <= at)
                first++;
            return (first, end);
        }
    }

    /// <summary>The sum of a rectangle of pixels, in row-major order, times a share; zero for no pixels.</summary>
    private static unsafe class ShareSum
    {
        /// <param name="corner">The rectangle's first pixel.</param>
        /// <param name="rows">Rows of the rectangle.</param>
        /// <param name="columns">Columns of the rectangle.</param>
        /// <param name="row">Floats from one row to the next.</param>
        /// <param name="channels">Channels of a pixel.</param>
        /// <param name="share">The factor.</param>
        /// <param name="target">The pixel that is assigned.</param>
        public static void Assign(float* corner, int rows, int columns, nint row, nint channels, float share, float* target)
        {
            nint channel = 0;
            for (; channel + Vector16.Lanes <= channels; channel += Vector16.Lanes)
                Assign<WholeLanes<Vector16>>(corner + channel, rows, columns, row, channels, share, target + channel, Vector16.Lanes);
            if (channel < channels)
                Assign<PartLanes<Vector16>>(
                    corner + channel, rows, columns, row, channels, share, target + channel, (int)(channels - channel));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Assign<TLanes>(float* corner, int rows, int columns, nint row, nint channels, float share, float* target,
            int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            Vector16 sum = default;
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < columns; j++)
                    sum += TLanes.Load(corner + i * row + j * channels, lanes);
            TLanes.Store(Vector16.Create(share) * sum, target, lanes);
        }
    }
}
