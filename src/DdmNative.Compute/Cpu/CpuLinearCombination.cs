using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>y ← αa + βb in one pass.</summary>
internal sealed class CpuLinearCombination(CpuDevice device) : LinearCombination
{
    protected override void CombineCore(float alpha, Tensor a, float beta, Tensor b, Tensor y) => device.Submit(new CombineCall(alpha, a, beta, b, y));

    private sealed unsafe class CombineCall : CpuCall
    {
        private readonly float alpha;
        private readonly CpuOperand a;
        private readonly float beta;
        private readonly CpuOperand b;
        private readonly CpuOperand y;

        public CombineCall(float alpha, Tensor a, float beta, Tensor b, Tensor y)
            : base("linear-combination", y.Shape.Members, y.Shape.Samples)
            => (this.alpha, this.a, this.beta, this.b, this.y) = (alpha, Read(a), beta, Read(b), Write(y));

        public override void Execute(in Tile tile)
        {
            float* first = a.At(tile, tile.FirstSample);
            float* second = b.At(tile, tile.FirstSample);
            float* target = y.At(tile, tile.FirstSample);
            Vector512<float> firstFactor = Vector512.Create(alpha), secondFactor = Vector512.Create(beta);
            int length = tile.SampleCount * y.Tensor.Shape.SampleLength;
            for (int i = 0; i < length; i += LanePart.Lanes)
            {
                int lanes = length - i;
                Vector512<float> sum = firstFactor * LanePart.Load(first + i, lanes);
                // With β = 0 a copy stays exact whatever b holds.
                if (beta != 0)
                    sum = Vector512.FusedMultiplyAdd(secondFactor, LanePart.Load(second + i, lanes), sum);
                LanePart.Store(sum, target + i, lanes);
            }
        }
    }
}
