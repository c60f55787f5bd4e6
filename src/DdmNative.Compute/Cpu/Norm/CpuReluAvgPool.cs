using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// ReLU and mean pool with sixteen channels in the lanes; each input pixel is read once and each output pixel written once.
/// </summary>
internal sealed class CpuReluAvgPool(CpuDevice device) : ReluAvgPool
{
    protected override void ForwardCore(int window, Tensor x, Tensor y)
        => device.Submit(new PoolCall("relu-avg-pool.forward", window, x, x, y));

    protected override void ForwardTangentCore(int window, Tensor x, Tensor xTangent, Tensor yTangent)
        => device.Submit(new PoolCall("relu-avg-pool.forward-tangent", window, x, xTangent, yTangent));

    protected override void BackwardCore(int window, Tensor x, Tensor cotangent, Tensor xCotangent)
        => device.Submit(new SpreadCall(window, x, cotangent, xCotangent));

    /// <summary>y = pool(1[x &gt; 0]·values).</summary>
    internal sealed unsafe class PoolCall : ChannelCall
    {
        internal readonly int window;
        internal readonly CpuOperand x;
        internal readonly CpuOperand values;
        internal readonly CpuOperand y;

        public PoolCall(string name, int window, Tensor x, Tensor values, Tensor y)
            : base(name, y.Shape)
            => (this.window, this.x, this.values, this.y) = (window, Read(x), Read(values), Write(y));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* mask = x.At(tile, sample) + channel;
            float* source = values.At(tile, sample) + channel;
            var pixels = new MaskedPixels<TLanes>(mask, source, lanes);
            AssignMeans<TLanes, MaskedPixels<TLanes>>(tile, sample, channel, lanes, pixels);
        }

        /// <summary>Assigns the mean of every window of one sample's masked pixels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void AssignMeans<TLanes, TPixels>(in Tile tile, int sample, int channel, int lanes, TPixels pixels)
            where TLanes : struct, ILaneAccess<Vector16>
            where TPixels : struct, IPixels<Vector16>
        {
            TensorShape pooled = y.Tensor.Shape;
            float* target = y.At(tile, sample) + channel;
            AssignMeans<Vector16, TLanes, TPixels>(target, lanes, pixels, (0, pooled.Height), (0, pooled.Width));
        }

        /// <summary>Assigns the means of the windows in a range of pooled rows and columns.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void AssignMeans<TVector, TLanes, TPixels>(float* target, int lanes, TPixels pixels, (int First, int End) rows,
            (int First, int End) columns)
            where TVector : unmanaged, IVector<TVector>
            where TLanes : struct, ILaneAccess<TVector>
            where TPixels : struct, IPixels<TVector>
        {
            nint channels = Channels, row = x.Tensor.Shape.Width * channels, pooledRow = y.Tensor.Shape.Width * channels;
            TVector share = TVector.Create(1.0f / (window * window));
            for (int i = rows.First; i < rows.End; i++)
            {
                float* mean = target + i * pooledRow + columns.First * channels;
                for (int j = columns.First; j < columns.End; j++, mean += channels)
                {
                    nint corner = i * window * row + j * window * channels;
                    TLanes.Store(share * WindowSum.Compute<TVector, TPixels>(pixels, window, corner, row, channels), mean, lanes);
                }
            }
        }

        private readonly struct MaskedPixels<TLanes>(float* mask, float* source, int lanes) : IPixels<Vector16>
            where TLanes : struct, ILaneAccess<Vector16>
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Vector16 At(nint offset)
                => Vector16.WherePositive(TLanes.Load(mask + offset, lanes), TLanes.Load(source + offset, lanes));
        }
    }

    /// <summary>δx = 1[x &gt; 0]·poolᵀ(δ), zero outside all windows.</summary>
    internal sealed unsafe class SpreadCall : ChannelCall
    {
        internal readonly int window;
        internal readonly CpuOperand x;
        internal readonly CpuOperand cotangent;
        internal readonly CpuOperand xCotangent;

        public SpreadCall(int window, Tensor x, Tensor cotangent, Tensor xCotangent)
            : base("relu-avg-pool.backward", xCotangent.Shape)
            => (this.window, this.x, this.cotangent, this.xCotangent) = (window, Read(x), Read(cotangent), Write(xCotangent));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* mask = x.At(tile, sample) + channel;
            float* source = cotangent.At(tile, sample) + channel;
            float* target = xCotangent.At(tile, sample) + channel;
            (TensorShape images, TensorShape pooled, nint channels) = (xCotangent.Tensor.Shape, cotangent.Tensor.Shape, Channels);
            nint row = images.Width * channels;
            Vector16 share = Vector16.Create(1.0f / (window * window));
            for (int i = 0; i < images.Height; i++)
            {
                int covered = i < pooled.Height * window ? pooled.Width * window : 0;
                float* delta = source + (nint)(i / window) * pooled.Width * channels;
                int j = 0;
                for (; j < covered; j += window, delta += channels)
                {
                    Vector16 value = share * TLanes.Load(delta, lanes);
                    for (int k = 0; k < window; k++)
                    {
                        nint pixel = i * row + (j + k) * channels;
                        TLanes.Store(Vector16.WherePositive(TLanes.Load(mask + pixel, lanes), value), target + pixel, lanes);
                    }
                }
                for (; j < images.Width; j++)
                    TLanes.Store(default, target + i * row + j * channels, lanes);
            }
        }
    }
}
