using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Masked(Vector512<float> mask, Vector512<float> values)
    => Vector512.GreaterThan(mask, Vector512<float>.Zero) & values;

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
            AssignMeans<TLanes, MaskedPixels<TLanes>>(tile, sample, channel, lanes, new MaskedPixels<TLanes>(mask, source, lanes));
        }

        /// <summary>Assigns the mean of every window of one sample's masked pixels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void AssignMeans<TLanes, TPixels>(in Tile tile, int sample, int channel, int lanes, TPixels pixels)
            where TLanes : struct, ILaneAccess
            where TPixels : struct, IPixels
        {
            float* target = y.At(tile, sample) + channel;
            (TensorShape pooled, nint channels) = (y.Tensor.Shape, Channels);
            nint row = x.Tensor.Shape.Width * channels;
            Vector512<float> share = Vector512.Create(1.0f / (window * window));
            for (int i = 0; i < pooled.Height; i++)
                for (int j = 0; j < pooled.Width; j++, target += channels)
                    TLanes.Store(share * WindowSum.Compute(pixels, window, i * window * row + j * window * channels, row, channels), target,
                        lanes);
        }

        private readonly struct MaskedPixels<TLanes>(float* mask, float* source, int lanes) : IPixels
            where TLanes : struct, ILaneAccess
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public Vector512<float> At(nint offset) => Masked(TLanes.Load(mask + offset, lanes), TLanes.Load(source + offset, lanes));
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
            Vector512<float> share = Vector512.Create(1.0f / (window * window));
            for (int i = 0; i < images.Height; i++)
            {
                int covered = i < pooled.Height * window ? pooled.Width * window : 0;
                float* delta = source + (nint)(i / window) * pooled.Width * channels;
                int j = 0;
                for (; j < covered; j += window, delta += channels)
                {
                    Vector512<float> value = share * TLanes.Load(delta, lanes);
                    for (int k = 0; k < window; k++)
                    {
                        nint pixel = i * row + (j + k) * channels;
                        TLanes.Store(Masked(TLanes.Load(mask + pixel, lanes), value), target + pixel, lanes);
                    }
                }
                for (; j < images.Width; j++)
                    TLanes.Store(default, target + i * row + j * channels, lanes);
            }
        }
    }
}
