using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// GELU and its derivatives in one pass each; Φ(x) and φ(x) are computed again wherever they are needed. With their many live vectors, a
/// vector is one register of the machine: sixteen lanes with AVX-512, eight elsewhere.
/// </summary>
internal sealed class CpuGelu(CpuDevice device) : Gelu
{
    protected override void ForwardCore(Tensor x, Tensor y) => device.Submit(new ForwardCall(x, y));

    protected override void ForwardTangentCore(Tensor x, Tensor xTangent, Tensor yTangent)
        => device.Submit(new DerivativeCall("gelu.forward-tangent", x, xTangent, yTangent));

    protected override void BackwardCore(Tensor x, Tensor cotangent, Tensor xCotangent)
        => device.Submit(new DerivativeCall("gelu.backward", x, cotangent, xCotangent));

    protected override void BackwardTangentCore(Tensor x, Tensor xTangent, Tensor cotangent, Tensor cotangentTangent,
        Tensor xCotangentTangent)
        => device.Submit(new BackwardTangentCall(x, xTangent, cotangent, cotangentTangent, xCotangentTangent));

    private sealed unsafe class ForwardCall : CpuCall
    {
        private readonly CpuOperand _x;
        private readonly CpuOperand _y;

        public ForwardCall(Tensor x, Tensor y)
            : base("gelu.forward", y.Shape.Members, y.Shape.Samples)
            => (_x, _y) = (Read(x), Write(y));

        public override void Execute(in Tile tile)
        {
            if (Vector512.IsHardwareAccelerated)
                Execute<Vector16>(tile);
            else
                Execute<Vector8>(tile);
        }

        private void Execute<TVector>(in Tile tile)
            where TVector : unmanaged, IVector<TVector>
        {
            var value = new Value<TVector>(_x.At(tile, tile.FirstSample), _y.At(tile, tile.FirstSample));
            Elementwise.Run<Value<TVector>, TVector>(value, LengthOf(tile, _y));
        }
    }

    /// <summary>f′(x) times a tangent or a cotangent.</summary>
    private sealed unsafe class DerivativeCall : CpuCall
    {
        private readonly CpuOperand _x;
        private readonly CpuOperand _factor;
        private readonly CpuOperand _result;

        public DerivativeCall(string name, Tensor x, Tensor factor, Tensor result)
            : base(name, result.Shape.Members, result.Shape.Samples)
            => (_x, _factor, _result) = (Read(x), Read(factor), Write(result));

        public override void Execute(in Tile tile)
        {
            if (Vector512.IsHardwareAccelerated)
                Execute<Vector16>(tile);
            else
                Execute<Vector8>(tile);
        }

        private void Execute<TVector>(in Tile tile)
            where TVector : unmanaged, IVector<TVector>
        {
            float* x = _x.At(tile, tile.FirstSample);
            float* factor = _factor.At(tile, tile.FirstSample);
            float* result = _result.At(tile, tile.FirstSample);
            Elementwise.Run<Derivative<TVector>, TVector>(new(x, factor, result), LengthOf(tile, _result));
        }
    }

    private sealed unsafe class BackwardTangentCall : CpuCall
    {
        private readonly CpuOperand _x;
        private readonly CpuOperand _xTangent;
        private readonly CpuOperand _cotangent;
        private readonly CpuOperand _cotangentTangent;
        private readonly CpuOperand _result;

        public BackwardTangentCall(Tensor x, Tensor xTangent, Tensor cotangent, Tensor cotangentTangent, Tensor result)
            : base("gelu.backward-tangent", result.Shape.Members, result.Shape.Samples)
        {
            (_x, _xTangent, _cotangent) = (Read(x), Read(xTangent), Read(cotangent));
            (_cotangentTangent, _result) = (Read(cotangentTangent), Write(result));
        }

        public override void Execute(in Tile tile)
        {
            if (Vector512.IsHardwareAccelerated)
                Execute<Vector16>(tile);
            else
                Execute<Vector8>(tile);
        }

        private void Execute<TVector>(in Tile tile)
            where TVector : unmanaged, IVector<TVector>
        {
            float* x = _x.At(tile, tile.FirstSample);
            float* xTangent = _xTangent.At(tile, tile.FirstSample);
            float* cotangent = _cotangent.At(tile, tile.FirstSample);
            float* cotangentTangent = _cotangentTangent.At(tile, tile.FirstSample);
            float* result = _result.At(tile, tile.FirstSample);
            Elementwise.Run<SecondDerivative<TVector>, TVector>(
                new(x, xTangent, cotangent, cotangentTangent, result), LengthOf(tile, _result));
        }
    }

    private static long LengthOf(in Tile tile, CpuOperand operand) => (long)tile.SampleCount * operand.Tensor.Shape.SampleLength;

    private readonly unsafe struct Value<TVector>(float* x, float* y) : IElementwise<TVector>
        where TVector : unmanaged, IVector<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<TVector>
        {
            TVector argument = TLanes.Load(x + i, lanes), limited = Gaussian.Limit(argument);
            TLanes.Store(argument * Gaussian.Distribution(argument, limited, Gaussian.Power(limited)), y + i, lanes);
        }
    }

    private readonly unsafe struct Derivative<TVector>(float* x, float* factor, float* result) : IElementwise<TVector>
        where TVector : unmanaged, IVector<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<TVector>
        {
            TVector argument = TLanes.Load(x + i, lanes), limited = Gaussian.Limit(argument), power = Gaussian.Power(limited);
            TVector distribution = Gaussian.Distribution(argument, limited, power), density = Gaussian.Density(power);
            TLanes.Store(TVector.MultiplyAdd(argument, density, distribution) * TLanes.Load(factor + i, lanes), result + i, lanes);
        }
    }

    private readonly unsafe struct SecondDerivative<TVector>(
        float* x, float* xTangent, float* cotangent, float* cotangentTangent, float* result) : IElementwise<TVector>
        where TVector : unmanaged, IVector<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<TVector>
        {
            TVector argument = TLanes.Load(x + i, lanes), limited = Gaussian.Limit(argument), power = Gaussian.Power(limited);
            TVector distribution = Gaussian.Distribution(argument, limited, power), density = Gaussian.Density(power);
            TVector first = TVector.MultiplyAdd(argument, density, distribution);
            TVector second = density * (TVector.Create(2) - limited * limited);
            TVector moved = second * TLanes.Load(xTangent + i, lanes) * TLanes.Load(cotangent + i, lanes);
            TLanes.Store(TVector.MultiplyAdd(first, TLanes.Load(cotangentTangent + i, lanes), moved), result + i, lanes);
        }
    }
}
