using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Max pool with sixteen channels in the lanes. Positions are floats from the image's first pixel, kept as bits, so that no table of indices
/// is stored between passes.
/// </summary>
internal sealed class CpuMaxPool(CpuDevice device) : MaxPool
{
    protected override void ForwardCore(PoolingShape shape, Tensor x, Tensor y)
        => device.Submit(new PickCall("max-pool.forward", shape, x, x, y));

    protected override void ForwardTangentCore(PoolingShape shape, Tensor x, Tensor xTangent, Tensor yTangent)
        => device.Submit(new PickCall("max-pool.forward-tangent", shape, x, xTangent, yTangent));

    protected override void BackwardCore(PoolingShape shape, Tensor x, Tensor cotangent, Tensor xCotangent)
        => device.Submit(new SpreadCall(shape, x, cotangent, xCotangent));

    /// <summary>y = values[m], m the position of the window's maximum of x.</summary>
    private sealed unsafe class PickCall : ChannelCall
    {
        private readonly PoolingShape _shape;
        private readonly CpuOperand _x;
        private readonly CpuOperand _values;
        private readonly CpuOperand _y;

        public PickCall(string name, PoolingShape shape, Tensor x, Tensor values, Tensor y)
            : base(name, y.Shape)
            => (_shape, _x, _values, _y) = (shape, Read(x), Read(values), Write(y));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (TensorShape image, TensorShape pooled, nint channels) = (_x.Tensor.Shape, _y.Tensor.Shape, Channels);
            float* x = _x.At(tile, sample) + channel;
            float* target = _y.At(tile, sample) + channel;
            var values = new Pixels<TLanes>(_values.At(tile, sample) + channel, lanes);
            nint row = image.Width * channels;
            for (int i = 0; i < pooled.Height; i++)
                for (int j = 0; j < pooled.Width; j++, target += channels)
                {
                    var window = ImageWindow.Clip(_shape, image, i, j);
                    TLanes.Store(WindowMaximum.Find<TLanes, Pixels<TLanes>>(x, values, window, row, channels, lanes), target, lanes);
                }
        }

        private readonly struct Pixels<TLanes>(float* image, int lanes) : IPixels<Vector16>
            where TLanes : struct, ILaneAccess<Vector16>
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Vector16 At(nint offset) => TLanes.Load(image + offset, lanes);
        }
    }

    /// <summary>δx = each window's cotangent at the position of its maximum of x, summed over the windows; zero elsewhere.</summary>
    private sealed unsafe class SpreadCall : ChannelCall
    {
        private readonly PoolingShape _shape;
        private readonly CpuOperand _x;
        private readonly CpuOperand _cotangent;
        private readonly CpuOperand _xCotangent;
        private readonly bool _isTiling;

        public SpreadCall(PoolingShape shape, Tensor x, Tensor cotangent, Tensor xCotangent)
            : base("max-pool.backward", xCotangent.Shape)
        {
            (_shape, _x, _cotangent, _xCotangent) = (shape, Read(x), Read(cotangent), Write(xCotangent));
            _isTiling = shape.Padding == 0
                && Covers(shape.WindowHeight, cotangent.Shape.Height, shape.Stride, xCotangent.Shape.Height)
                && Covers(shape.WindowWidth, cotangent.Shape.Width, shape.Stride, xCotangent.Shape.Width);

            static bool Covers(int window, int count, int stride, int extent) => window * count == extent && (count == 1 || window == stride);
        }

        /// <summary>
        /// If every pixel is in exactly one window, each is assigned once. Otherwise rows are cleared before the first window that reaches
        /// them, and windows add to them.
        /// </summary>
        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            (TensorShape image, TensorShape pooled, nint channels) = (_xCotangent.Tensor.Shape, _cotangent.Tensor.Shape, Channels);
            float* x = _x.At(tile, sample) + channel;
            float* delta = _cotangent.At(tile, sample) + channel;
            float* target = _xCotangent.At(tile, sample) + channel;
            nint row = image.Width * channels;
            int cleared = _isTiling ? image.Height : 0;
            for (int i = 0; i < pooled.Height; i++)
                for (int j = 0; j < pooled.Width; j++, delta += channels)
                {
                    var window = ImageWindow.Clip(_shape, image, i, j);
                    for (; cleared < window.EndRow; cleared++)
                        Clear<TLanes>(target + cleared * row, lanes);
                    Vector16 maximum = WindowMaximum.Find<TLanes, Positions>(x, default, window, row, channels, lanes);
                    Vector16 value = TLanes.Load(delta, lanes);
                    if (_isTiling)
                        Assign<TLanes>(target, window, row, maximum, value, lanes);
                    else
                        Add<TLanes>(target, window, row, maximum, value, lanes);
                }
            for (; cleared < image.Height; cleared++)
                Clear<TLanes>(target + cleared * row, lanes);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Assign<TLanes>(float* target, in ImageWindow window, nint row, Vector16 maximum, Vector16 value, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            nint channels = Channels;
            for (int i = window.FirstRow; i < window.EndRow; i++)
                for (int j = window.FirstColumn; j < window.EndColumn; j++)
                {
                    nint at = i * row + j * channels;
                    TLanes.Store(Vector16.Select(Vector16.HasBits(maximum, (int)at), value, default), target + at, lanes);
                }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Add<TLanes>(float* target, in ImageWindow window, nint row, Vector16 maximum, Vector16 value, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            nint channels = Channels;
            for (int i = window.FirstRow; i < window.EndRow; i++)
                for (int j = window.FirstColumn; j < window.EndColumn; j++)
                {
                    nint at = i * row + j * channels;
                    Vector16 share = Vector16.Select(Vector16.HasBits(maximum, (int)at), value, default);
                    TLanes.Store(TLanes.Load(target + at, lanes) + share, target + at, lanes);
                }
        }

        private void Clear<TLanes>(float* row, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            TensorShape image = _xCotangent.Tensor.Shape;
            for (int j = 0; j < image.Width; j++)
                TLanes.Store(default, row + (nint)j * image.Channels, lanes);
        }

        /// <summary>Each pixel's own position, as bits.</summary>
        private readonly struct Positions : IPixels<Vector16>
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Vector16 At(nint offset) => Vector16.CreateBits((int)offset);
        }
    }
}
