using System.Numerics.Tensors;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Sums over samples, in their order, and inner products of whole members.</summary>
internal sealed class CpuReduction(CpuDevice device) : Reduction
{
    protected override void SumSamplesCore(Tensor x, Tensor y) => device.Submit(new SumSamplesCall(x, y));

    protected override void DotCore(Tensor a, Tensor b, Tensor y) => device.Submit(new DotCall(a, b, y));

    private sealed unsafe class SumSamplesCall : CpuCall
    {
        private readonly CpuOperand _x;
        private readonly CpuOperand _y;

        public SumSamplesCall(Tensor x, Tensor y)
            : base("reduction.sum-samples", y.Shape.Members, samples: 1) => (_x, _y) = (ReadWhole(x), Write(y));

        public override void Execute(in Tile tile)
        {
            TensorShape shape = _x.Tensor.Shape;
            float* target = _y.At(tile, 0);
            // One sample after the other keeps the order of the sum and streams the memory.
            Clear(target, shape.SampleLength);
            for (int sample = 0; sample < shape.Samples; sample++)
                TensorPrimitives.Add(new ReadOnlySpan<float>(target, shape.SampleLength),
                    new ReadOnlySpan<float>(_x.At(tile, sample), shape.SampleLength),
                    new Span<float>(target, shape.SampleLength));
        }
    }

    private sealed unsafe class DotCall : CpuCall
    {
        private readonly CpuOperand _a;
        private readonly CpuOperand _b;
        private readonly CpuOperand _y;

        public DotCall(Tensor a, Tensor b, Tensor y)
            : base("reduction.dot", y.Shape.Members, samples: 1) => (_a, _b, _y) = (ReadWhole(a), ReadWhole(b), Write(y));

        public override void Execute(in Tile tile)
            => *_y.At(tile, 0) = (float)VectorSum.Dot(_a.At(tile, 0), _b.At(tile, 0), _a.Tensor.Shape.MemberLength);
    }
}
