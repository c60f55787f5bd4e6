using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>y ← αa + βb in one pass.</summary>
internal sealed class CpuLinearCombination(CpuDevice device) : LinearCombination
{
    protected override void CombineCore(float alpha, Tensor a, float beta, Tensor b, Tensor y)
        => device.Submit(new CombineCall(alpha, a, beta, b, y));

    private sealed unsafe class CombineCall : CpuCall
    {
        private readonly float _alpha;
        private readonly CpuOperand _a;
        private readonly float _beta;
        private readonly CpuOperand _b;
        private readonly CpuOperand _y;

        public CombineCall(float alpha, Tensor a, float beta, Tensor b, Tensor y)
            : base("linear-combination", y.Shape.Members, y.Shape.Samples)
            => (_alpha, _a, _beta, _b, _y) = (alpha, Read(a), beta, Read(b), Write(y));

        public override void Execute(in Tile tile)
        {
            float* first = _a.At(tile, tile.FirstSample);
            float* second = _b.At(tile, tile.FirstSample);
            float* target = _y.At(tile, tile.FirstSample);
            long length = (long)tile.SampleCount * _y.Tensor.Shape.SampleLength;
            // With β = 0 b is not read, so that a copy is exact even if b contains NaN.
            if (_beta == 0)
                Elementwise.Run(new Scaling(first, target, Vector16.Create(_alpha)), length);
            else
                Elementwise.Run(new Sum(first, second, target, Vector16.Create(_alpha), Vector16.Create(_beta)), length);
        }
    }

    private readonly unsafe struct Scaling(float* a, float* y, Vector16 alpha) : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
            => TLanes.Store(alpha * TLanes.Load(a + i, lanes), y + i, lanes);
    }

    private readonly unsafe struct Sum(float* a, float* b, float* y, Vector16 alpha, Vector16 beta) : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
            => TLanes.Store(Vector16.MultiplyAdd(beta, TLanes.Load(b + i, lanes), alpha * TLanes.Load(a + i, lanes)), y + i,
                lanes);
    }
}
