using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Sums over samples, in their order, and inner products of whole members.</summary>
internal sealed class CpuReduction(CpuDevice device) : Reduction
{
    protected override void SumSamplesCore(Tensor x, Tensor y) => device.Submit(new SumSamplesCall(x, y));

    protected override void DotCore(Tensor a, Tensor b, Tensor y) => device.Submit(new DotCall(a, b, y));

    private sealed unsafe class SumSamplesCall : CpuCall
    {
        private readonly CpuOperand x;
        private readonly CpuOperand y;

        public SumSamplesCall(Tensor x, Tensor y)
            : base("reduction.sum-samples", y.Shape.Members, samples: 1) => (this.x, this.y) = (ReadWhole(x), Write(y));

        public override void Execute(in Tile tile)
        {
            TensorShape shape = x.Tensor.Shape;
            float* target = y.At(tile, 0);
            for (int i = 0; i < shape.SampleLength; i += LanePart.Lanes)
            {
                int lanes = shape.SampleLength - i;
                Vector512<float> sum = default;
                for (int sample = 0; sample < shape.Samples; sample++)
                    sum += LanePart.Load(x.At(tile, sample) + i, lanes);
                LanePart.Store(sum, target + i, lanes);
            }
        }
    }

    private sealed unsafe class DotCall : CpuCall
    {
        private readonly CpuOperand a;
        private readonly CpuOperand b;
        private readonly CpuOperand y;

        public DotCall(Tensor a, Tensor b, Tensor y)
            : base("reduction.dot", y.Shape.Members, samples: 1) => (this.a, this.b, this.y) = (ReadWhole(a), ReadWhole(b), Write(y));

        public override void Execute(in Tile tile)
            => *y.At(tile, 0) = (float)VectorSum.Dot(a.At(tile, 0), b.At(tile, 0), a.Tensor.Shape.MemberLength);
    }
}
