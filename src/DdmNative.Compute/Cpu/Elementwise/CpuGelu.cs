using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>GELU and its derivatives in one pass each; Φ(x) and φ(x) are computed again wherever they are needed.</summary>
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
            => Elementwise.Run(new Value(_x.At(tile, tile.FirstSample), _y.At(tile, tile.FirstSample)), LengthOf(tile, _y));
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
            => Elementwise.Run(
                new Derivative(_x.At(tile, tile.FirstSample), _factor.At(tile, tile.FirstSample), _result.At(tile, tile.FirstSample)),
                LengthOf(tile, _result));
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
            float* x = _x.At(tile, tile.FirstSample);
            float* xTangent = _xTangent.At(tile, tile.FirstSample);
            float* cotangent = _cotangent.At(tile, tile.FirstSample);
            float* cotangentTangent = _cotangentTangent.At(tile, tile.FirstSample);
            float* result = _result.At(tile, tile.FirstSample);
            Elementwise.Run(new SecondDerivative(x, xTangent, cotangent, cotangentTangent, result), LengthOf(tile, _result));
        }
    }

    private static long LengthOf(in Tile tile, CpuOperand operand) => (long)tile.SampleCount * operand.Tensor.Shape.SampleLength;

    private readonly unsafe struct Value(float* x, float* y) : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            Vector16 argument = TLanes.Load(x + i, lanes);
            TLanes.Store(argument * Gaussian.Compute(argument).Distribution, y + i, lanes);
        }
    }

    private readonly unsafe struct Derivative(float* x, float* factor, float* result) : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            Vector16 argument = TLanes.Load(x + i, lanes);
            (Vector16 distribution, Vector16 density, _) = Gaussian.Compute(argument);
            TLanes.Store(Vector16.MultiplyAdd(argument, density, distribution) * TLanes.Load(factor + i, lanes), result + i, lanes);
        }
    }

    private readonly unsafe struct SecondDerivative(float* x, float* xTangent, float* cotangent, float* cotangentTangent, float* result)
        : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            Vector16 argument = TLanes.Load(x + i, lanes);
            (Vector16 distribution, Vector16 density, Vector16 limited) = Gaussian.Compute(argument);
            Vector16 first = Vector16.MultiplyAdd(argument, density, distribution);
            Vector16 second = density * (Vector16.Create(2) - limited * limited);
            Vector16 moved = second * TLanes.Load(xTangent + i, lanes) * TLanes.Load(cotangent + i, lanes);
            TLanes.Store(Vector16.MultiplyAdd(first, TLanes.Load(cotangentTangent + i, lanes), moved), result + i, lanes);
        }
    }
}
