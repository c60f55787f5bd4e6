using System.Runtime.CompilerServices;
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

    private readonly unsafe struct AdaptiveStep(float* x, float* m, float* s, float* g, in AdamOptions options, float rate,
        float secondCorrection) : IElementwise
    {
        private readonly Vector16 _firstDecay = Vector16.Create(options.Beta1);
        private readonly Vector16 _firstShare = Vector16.Create(1 - options.Beta1);
        private readonly Vector16 _secondDecay = Vector16.Create(options.Beta2);
        private readonly Vector16 _secondShare = Vector16.Create(1 - options.Beta2);
        private readonly Vector16 _epsilon = Vector16.Create(options.Epsilon);
        private readonly Vector16 _rate = Vector16.Create(rate);
        private readonly Vector16 _secondCorrection = Vector16.Create(secondCorrection);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            Vector16 slope = TLanes.Load(g + i, lanes);
            Vector16 first = Vector16.MultiplyAdd(_firstDecay, TLanes.Load(m + i, lanes), _firstShare * slope);
            Vector16 second = Vector16.MultiplyAdd(_secondDecay, TLanes.Load(s + i, lanes), _secondShare * slope * slope);
            TLanes.Store(first, m + i, lanes);
            TLanes.Store(second, s + i, lanes);
            Vector16 root = Vector16.Sqrt(second * _secondCorrection) + _epsilon;
            TLanes.Store(TLanes.Load(x + i, lanes) - _rate * first / root, x + i, lanes);
        }
    }
}
