using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Mean pool with sixteen channels in the lanes. Forward sums a window's pixels in row-major order; backward sums the cotangents of the
/// windows that hold a pixel, also in row-major order, so that each output is written once.
/// </summary>
internal sealed class CpuAvgPool(CpuDevice device) : AvgPool
{
    protected override void ForwardCore(PoolingShape shape, Tensor x, Tensor y) => device.Submit(new MeanCall(shape, x, y));

    protected override void BackwardCore(PoolingShape shape, Tensor cotangent, Tensor xCotangent)
        => device.Submit(new SpreadCall(shape, cotangent, xCotangent));

    private sealed unsafe class MeanCall : ChannelCall
    {
        private readonly PoolingShape _shape;
        private readonly CpuOperand _x;
        private readonly CpuOperand _y;

        public MeanCall(PoolingShape shape, Tensor x, Tensor y)
            : base("avg-pool.forward", y.Shape)
            => (_shape, _x, _y) = (shape, Read(x), Write(y));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (TensorShape image, TensorShape pooled, nint channels) = (_x.Tensor.Shape, _y.Tensor.Shape, Channels);
            float* x = _x.At(tile, sample) + channel;
            float* target = _y.At(tile, sample) + channel;
            nint row = image.Width * channels;
            Vector16 share = Vector16.Create(_shape.Share);
            for (int i = 0; i < pooled.Height; i++)
                for (int j = 0; j < pooled.Width; j++, target += channels)
                {
                    float* corner = x + i * _shape.Stride * row + j * _shape.Stride * channels;
                    Vector16 sum = default;
                    for (int down = 0; down < _shape.WindowHeight; down++)
                        for (int right = 0; right < _shape.WindowWidth; right++)
                            sum += TLanes.Load(corner + down * row + right * channels, lanes);
                    TLanes.Store(share * sum, target, lanes);
                }
        }
    }

    private sealed unsafe class SpreadCall : ChannelCall
    {
        private readonly PoolingShape _shape;
        private readonly CpuOperand _cotangent;
        private readonly CpuOperand _xCotangent;

        public SpreadCall(PoolingShape shape, Tensor cotangent, Tensor xCotangent)
            : base("avg-pool.backward", xCotangent.Shape)
            => (_shape, _cotangent, _xCotangent) = (shape, Read(cotangent), Write(xCotangent));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (TensorShape image, TensorShape pooled, nint channels) = (_xCotangent.Tensor.Shape, _cotangent.Tensor.Shape, Channels);
            float* delta = _cotangent.At(tile, sample) + channel;
            float* target = _xCotangent.At(tile, sample) + channel;
            Vector16 share = Vector16.Create(_shape.Share);
            (int First, int End) down = default;
            for (int h = 0; h < image.Height; h++)
            {
                down = Advance(down, h, _shape.WindowHeight, pooled.Height);
                (int First, int End) right = default;
                for (int w = 0; w < image.Width; w++, target += channels)
                {
                    right = Advance(right, w, _shape.WindowWidth, pooled.Width);
                    Vector16 sum = default;
                    for (int i = down.First; i < down.End; i++)
                        for (int j = right.First; j < right.End; j++)
                            sum += TLanes.Load(delta + ((nint)i * pooled.Width + j) * channels, lanes);
                    TLanes.Store(share * sum, target, lanes);
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
}
