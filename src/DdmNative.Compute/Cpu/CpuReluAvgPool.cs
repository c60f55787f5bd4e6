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

    /// <summary>y = pool(1[x &gt; 0]·values).</summary>
    private sealed unsafe class PoolCall : CpuCall
    {
        private readonly int window;
        private readonly CpuOperand x;
        private readonly CpuOperand values;
        private readonly CpuOperand y;

        public PoolCall(string name, int window, Tensor x, Tensor values, Tensor y)
            : base(name, y.Shape.Members, y.Shape.Samples)
            => (this.window, this.x, this.values, this.y) = (window, Read(x), Read(values), Write(y));

        public override void Execute(in Tile tile)
        {
            TensorShape shape = y.Tensor.Shape;
            (int channels, int width) = (shape.Channels, x.Tensor.Shape.Width);
            Vector512<float> share = Vector512.Create(1.0f / (window * window));
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                float* mask = x.At(tile, sample);
                float* source = values.At(tile, sample);
                float* target = y.At(tile, sample);
                for (int row = 0; row < shape.Height; row++)
                {
                    for (int column = 0; column < shape.Width; column++, target += channels)
                    {
                        long corner = ((long)row * window * width + column * window) * channels;
                        for (int c = 0; c < channels; c += LanePart.Lanes)
                            LanePart.Store(share * WindowSum(mask + corner + c, source + corner + c, width * channels, channels, channels - c), target + c, channels - c);
                    }
                }
            }
        }

        private Vector512<float> WindowSum(float* mask, float* source, int rowStride, int pixelStride, int lanes)
        {
            Vector512<float> sum = default;
            for (int i = 0; i < window; i++)
            {
                for (int j = 0; j < window; j++)
                {
                    int offset = i * rowStride + j * pixelStride;
                    Vector512<float> isPositive = Vector512.GreaterThan(LanePart.Load(mask + offset, lanes), Vector512<float>.Zero);
                    sum += isPositive & LanePart.Load(source + offset, lanes);
                }
            }
            return sum;
        }
    }

    /// <summary>δx = 1[x &gt; 0]·poolᵀ(δ), zero where no window reached.</summary>
    private sealed unsafe class SpreadCall : CpuCall
    {
        private readonly int window;
        private readonly CpuOperand x;
        private readonly CpuOperand cotangent;
        private readonly CpuOperand xCotangent;

        public SpreadCall(int window, Tensor x, Tensor cotangent, Tensor xCotangent)
            : base("relu-avg-pool.backward", xCotangent.Shape.Members, xCotangent.Shape.Samples)
            => (this.window, this.x, this.cotangent, this.xCotangent) = (window, Read(x), Read(cotangent), Write(xCotangent));

        public override void Execute(in Tile tile)
        {
            TensorShape shape = xCotangent.Tensor.Shape;
            TensorShape pooled = cotangent.Tensor.Shape;
            int channels = shape.Channels;
            Vector512<float> share = Vector512.Create(1.0f / (window * window));
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                float* mask = x.At(tile, sample);
                float* source = cotangent.At(tile, sample);
                float* target = xCotangent.At(tile, sample);
                for (int row = 0; row < shape.Height; row++)
                {
                    for (int column = 0; column < shape.Width; column++, mask += channels, target += channels)
                    {
                        (int pooledRow, int pooledColumn) = (row / window, column / window);
                        if (pooledRow >= pooled.Height || pooledColumn >= pooled.Width)
                        {
                            Clear(target, channels);
                            continue;
                        }
                        float* delta = source + ((long)pooledRow * pooled.Width + pooledColumn) * channels;
                        for (int c = 0; c < channels; c += LanePart.Lanes)
                        {
                            Vector512<float> isPositive = Vector512.GreaterThan(LanePart.Load(mask + c, channels - c), Vector512<float>.Zero);
                            LanePart.Store(isPositive & (share * LanePart.Load(delta + c, channels - c)), target + c, channels - c);
                        }
                    }
                }
            }
        }
    }
}
