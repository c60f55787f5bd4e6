using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Max pool with sixteen channels in the lanes. All channels of a window are computed before the next window, so that images are read and
/// written in the order of memory. Positions are floats from the image's first pixel, kept as bits; no table of them is stored between
/// passes.
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
    private sealed unsafe class PickCall : CpuCall
    {
        private readonly PoolingShape _shape;
        private readonly CpuOperand _x;
        private readonly CpuOperand _values;
        private readonly CpuOperand _y;

        public PickCall(string name, PoolingShape shape, Tensor x, Tensor values, Tensor y)
            : base(name, y.Shape.Members, y.Shape.Samples)
            => (_shape, _x, _values, _y) = (shape, Read(x), Read(values), Write(y));

        public override void Execute(in Tile tile)
        {
            (TensorShape image, TensorShape pooled) = (_x.Tensor.Shape, _y.Tensor.Shape);
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                float* x = _x.At(tile, sample);
                float* values = _values.At(tile, sample);
                float* target = _y.At(tile, sample);
                for (int i = 0; i < pooled.Height; i++)
                    for (int j = 0; j < pooled.Width; j++, target += image.Channels)
                        Compute(x, values, target, ImageWindow.Clip(_shape, image, i, j));
            }
        }

        private void Compute(float* x, float* values, float* target, in ImageWindow window)
        {
            int channel = 0, channels = _y.Tensor.Shape.Channels;
            for (; channel + Vector16.Lanes <= channels; channel += Vector16.Lanes)
                Compute<WholeLanes<Vector16>>(x + channel, values + channel, target + channel, window, Vector16.Lanes);
            if (channel < channels)
                Compute<PartLanes<Vector16>>(x + channel, values + channel, target + channel, window, channels - channel);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Compute<TLanes>(float* x, float* values, float* target, in ImageWindow window, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            TensorShape image = _x.Tensor.Shape;
            var pixels = new Pixels<TLanes>(values, lanes);
            nint channels = image.Channels, row = image.Width * channels;
            TLanes.Store(WindowMaximum.Find<TLanes, Pixels<TLanes>>(x, pixels, window, row, channels, lanes), target, lanes);
        }

        private readonly struct Pixels<TLanes>(float* image, int lanes) : IPixels<Vector16>
            where TLanes : struct, ILaneAccess<Vector16>
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Vector16 At(nint offset) => TLanes.Load(image + offset, lanes);
        }
    }

    /// <summary>
    /// δx = each window's cotangent at the position of its maximum of x, summed over the windows; zero elsewhere. If every pixel is in
    /// exactly one window, each is assigned once. Otherwise rows are cleared before the first window that reaches them, and windows add to
    /// them.
    /// </summary>
    private sealed unsafe class SpreadCall : CpuCall
    {
        private readonly PoolingShape _shape;
        private readonly CpuOperand _x;
        private readonly CpuOperand _cotangent;
        private readonly CpuOperand _xCotangent;
        private readonly bool _areTiles;

        public SpreadCall(PoolingShape shape, Tensor x, Tensor cotangent, Tensor xCotangent)
            : base("max-pool.backward", xCotangent.Shape.Members, xCotangent.Shape.Samples)
        {
            (_shape, _x, _cotangent, _xCotangent) = (shape, Read(x), Read(cotangent), Write(xCotangent));
            _areTiles = ImageWindow.AreTiles(shape, xCotangent.Shape, cotangent.Shape);
        }

        public override void Execute(in Tile tile)
        {
            (TensorShape image, TensorShape pooled) = (_xCotangent.Tensor.Shape, _cotangent.Tensor.Shape);
            int row = image.Width * image.Channels;
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                float* x = _x.At(tile, sample);
                float* delta = _cotangent.At(tile, sample);
                float* target = _xCotangent.At(tile, sample);
                int cleared = _areTiles ? image.Height : 0;
                for (int i = 0; i < pooled.Height; i++)
                    for (int j = 0; j < pooled.Width; j++, delta += image.Channels)
                    {
                        var window = ImageWindow.Clip(_shape, image, i, j);
                        for (; cleared < window.EndRow; cleared++)
                            Clear(target + (nint)cleared * row, row);
                        Compute(x, delta, target, window);
                    }
                for (; cleared < image.Height; cleared++)
                    Clear(target + (nint)cleared * row, row);
            }
        }

        private void Compute(float* x, float* delta, float* target, in ImageWindow window)
        {
            int channel = 0, channels = _xCotangent.Tensor.Shape.Channels;
            for (; channel + Vector16.Lanes <= channels; channel += Vector16.Lanes)
                Compute<WholeLanes<Vector16>>(x + channel, delta + channel, target + channel, window, Vector16.Lanes);
            if (channel < channels)
                Compute<PartLanes<Vector16>>(x + channel, delta + channel, target + channel, window, channels - channel);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Compute<TLanes>(float* x, float* delta, float* target, in ImageWindow window, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            TensorShape image = _x.Tensor.Shape;
            nint channels = image.Channels, row = image.Width * channels;
            Vector16 maximum = WindowMaximum.Find<TLanes, Positions>(x, default, window, row, channels, lanes);
            Vector16 value = TLanes.Load(delta, lanes);
            for (int i = window.FirstRow; i < window.EndRow; i++)
                for (int j = window.FirstColumn; j < window.EndColumn; j++)
                {
                    nint at = i * row + j * channels;
                    Vector16 share = Vector16.Select(Vector16.HasBits(maximum, (int)at), value, default);
                    if (!_areTiles)
                        share = TLanes.Load(target + at, lanes) + share;
                    TLanes.Store(share, target + at, lanes);
                }
        }

        /// <summary>Each pixel's own position, as bits.</summary>
        private readonly struct Positions : IPixels<Vector16>
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Vector16 At(nint offset) => Vector16.CreateBits((int)offset);
        }
    }
}
