using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>ReLU and mean pool with sixteen channels in the lanes; each input pixel is read once and each output pixel written once.</summary>
internal sealed class CpuReluAvgPool(CpuDevice device) : ReluAvgPool
{
    protected override void ForwardCore(int window, Tensor x, Tensor y) => device.Submit(new PoolCall("relu-avg-pool.forward", window, x, x, y));

    protected override void ForwardTangentCore(int window, Tensor x, Tensor xTangent, Tensor yTangent)
        => device.Submit(new PoolCall("relu-avg-pool.forward-tangent", window, x, xTangent, yTangent));

    protected override void BackwardCore(int window, Tensor x, Tensor cotangent, Tensor xCotangent)
        => device.Submit(new SpreadCall(window, x, cotangent, xCotangent));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Masked(Vector512<float> mask, Vector512<float> values) => Vector512.GreaterThan(mask, Vector512<float>.Zero) & values;

    /// <summary>What both calls share: the walk over samples and channel blocks.</summary>
    private abstract unsafe class WindowCall(string name, int window, TensorShape images, TensorShape pooled) : CpuCall(name, images.Members, images.Samples)
    {
        protected int Window { get; } = window;

        protected int Width { get; } = images.Width;

        protected int Height { get; } = images.Height;

        protected int PooledWidth { get; } = pooled.Width;

        protected int PooledHeight { get; } = pooled.Height;

        protected nint Channels { get; } = images.Channels;

        public override void Execute(in Tile tile)
        {
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                int channel = 0;
                for (; channel + LanePart.Lanes <= Channels; channel += LanePart.Lanes)
                    Compute<WholeLanes>(tile, sample, channel, LanePart.Lanes);
                if (channel < Channels)
                    Compute<PartLanes>(tile, sample, channel, (int)Channels - channel);
            }
        }

        protected abstract void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
            where TLanes : struct, ILaneAccess;
    }

    /// <summary>y = pool(1[x &gt; 0]·values).</summary>
    private sealed unsafe class PoolCall : WindowCall
    {
        private readonly CpuOperand x;
        private readonly CpuOperand values;
        private readonly CpuOperand y;

        public PoolCall(string name, int window, Tensor x, Tensor values, Tensor y)
            : base(name, window, x.Shape.WithMembers(y.Shape.Members), y.Shape)
            => (this.x, this.values, this.y) = (Read(x), Read(values), Write(y));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* mask = x.At(tile, sample) + channel;
            float* source = values.At(tile, sample) + channel;
            float* target = y.At(tile, sample) + channel;
            (int window, nint channels, nint row) = (Window, Channels, Width * Channels);
            Vector512<float> share = Vector512.Create(1.0f / (window * window));
            for (int i = 0; i < PooledHeight; i++)
            {
                for (int j = 0; j < PooledWidth; j++, target += channels)
                {
                    nint corner = i * window * row + j * window * channels;
                    Vector512<float> sum = window == 2
                        ? SquareOfTwo<TLanes>(mask + corner, source + corner, row, channels, lanes)
                        : Square<TLanes>(mask + corner, source + corner, window, row, channels, lanes);
                    TLanes.Store(share * sum, target, lanes);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> SquareOfTwo<TLanes>(float* mask, float* source, nint row, nint pixel, int lanes)
            where TLanes : struct, ILaneAccess
        {
            Vector512<float> top = Masked(TLanes.Load(mask, lanes), TLanes.Load(source, lanes))
                + Masked(TLanes.Load(mask + pixel, lanes), TLanes.Load(source + pixel, lanes));
            Vector512<float> bottom = Masked(TLanes.Load(mask + row, lanes), TLanes.Load(source + row, lanes))
                + Masked(TLanes.Load(mask + row + pixel, lanes), TLanes.Load(source + row + pixel, lanes));
            return top + bottom;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Square<TLanes>(float* mask, float* source, int window, nint row, nint pixel, int lanes)
            where TLanes : struct, ILaneAccess
        {
            Vector512<float> sum = default;
            for (int i = 0; i < window; i++)
                for (int j = 0; j < window; j++)
                    sum += Masked(TLanes.Load(mask + i * row + j * pixel, lanes), TLanes.Load(source + i * row + j * pixel, lanes));
            return sum;
        }
    }

    /// <summary>δx = 1[x &gt; 0]·poolᵀ(δ), zero where no window reached.</summary>
    private sealed unsafe class SpreadCall : WindowCall
    {
        private readonly CpuOperand x;
        private readonly CpuOperand cotangent;
        private readonly CpuOperand xCotangent;

        public SpreadCall(int window, Tensor x, Tensor cotangent, Tensor xCotangent)
            : base("relu-avg-pool.backward", window, xCotangent.Shape, cotangent.Shape)
            => (this.x, this.cotangent, this.xCotangent) = (Read(x), Read(cotangent), Write(xCotangent));

        protected override void Compute<TLanes>(in Tile tile, int sample, int channel, int lanes)
        {
            float* mask = x.At(tile, sample) + channel;
            float* source = cotangent.At(tile, sample) + channel;
            float* target = xCotangent.At(tile, sample) + channel;
            (int window, nint channels, nint row) = (Window, Channels, Width * Channels);
            Vector512<float> share = Vector512.Create(1.0f / (window * window));
            for (int i = 0; i < Height; i++)
            {
                int covered = i < PooledHeight * window ? PooledWidth * window : 0;
                float* delta = source + (nint)(i / window) * PooledWidth * channels;
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
                for (; j < Width; j++)
                    TLanes.Store(default, target + i * row + j * channels, lanes);
            }
        }
    }
}
