using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Adam in one pass: four vectors read, three written.</summary>
internal sealed class CpuAdam(CpuDevice device) : Adam
{
    protected override void StepCore(AdamOptions options, Tensor values, Tensor firstMoment, Tensor secondMoment, Tensor gradient,
        Tensor corrections)
        => device.Submit(new StepCall(options, values, firstMoment, secondMoment, gradient, corrections));

    private sealed unsafe class StepCall : CpuCall
    {
        private readonly AdamOptions _options;
        private readonly CpuOperand _values;
        private readonly CpuOperand _firstMoment;
        private readonly CpuOperand _secondMoment;
        private readonly CpuOperand _gradient;
        private readonly CpuOperand _corrections;

        public StepCall(AdamOptions options, Tensor values, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor corrections)
            : base("adam.step", values.Shape.Members, values.Shape.Samples)
        {
            (_options, _values, _firstMoment, _secondMoment) = (options, Write(values), Write(firstMoment), Write(secondMoment));
            (_gradient, _corrections) = (Read(gradient), ReadWhole(corrections));
        }

        public override void Execute(in Tile tile)
        {
            float* x = _values.At(tile, tile.FirstSample);
            float* m = _firstMoment.At(tile, tile.FirstSample);
            float* s = _secondMoment.At(tile, tile.FirstSample);
            float* g = _gradient.At(tile, tile.FirstSample);
            float* correction = _corrections.At(tile, 0);
            long length = (long)tile.SampleCount * _values.Tensor.Shape.SampleLength;
            Elementwise.Run(new AdaptiveStep(x, m, s, g, _options, correction[0], correction[1]), length);
        }
    }

    private readonly unsafe struct AdaptiveStep(float* x, float* m, float* s, float* g, AdamOptions options, float rate,
        float secondCorrection) : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess
        {
            Vector512<float> slope = TLanes.Load(g + i, lanes);
            Vector512<float> first = Vector512.MultiplyAddEstimate(
                Vector512.Create(options.Beta1), TLanes.Load(m + i, lanes), Vector512.Create(1 - options.Beta1) * slope);
            Vector512<float> second = Vector512.MultiplyAddEstimate(
                Vector512.Create(options.Beta2), TLanes.Load(s + i, lanes), Vector512.Create(1 - options.Beta2) * slope * slope);
            TLanes.Store(first, m + i, lanes);
            TLanes.Store(second, s + i, lanes);
            Vector512<float> root = Vector512.Sqrt(second * Vector512.Create(secondCorrection)) + Vector512.Create(options.Epsilon);
            TLanes.Store(TLanes.Load(x + i, lanes) - Vector512.Create(rate) * first / root, x + i, lanes);
        }
    }
}
