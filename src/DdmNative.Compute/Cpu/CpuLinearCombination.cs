using System.Runtime.CompilerServices;
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
            long length = (long)tile.SampleCount * y.Tensor.Shape.SampleLength;
            // With β = 0 a copy stays exact whatever b holds.
            if (beta == 0)
                Elementwise.Run(new Scaling(first, target, Vector512.Create(alpha)), length);
            else
                Elementwise.Run(new Sum(first, second, target, Vector512.Create(alpha), Vector512.Create(beta)), length);
        }
    }

    private readonly unsafe struct Scaling(float* a, float* y, Vector512<float> alpha) : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess
            => TLanes.Store(alpha * TLanes.Load(a + i, lanes), y + i, lanes);
    }

    private readonly unsafe struct Sum(float* a, float* b, float* y, Vector512<float> alpha, Vector512<float> beta) : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess
            => TLanes.Store(Vector512.MultiplyAddEstimate(beta, TLanes.Load(b + i, lanes), alpha * TLanes.Load(a + i, lanes)), y + i, lanes);
    }
}
