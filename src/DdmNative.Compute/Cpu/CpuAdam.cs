using System.Runtime.Intrinsics;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Adam in one pass: four vectors read, three written.</summary>
internal sealed class CpuAdam(CpuDevice device) : Adam
{
    protected override void StepCore(AdamOptions options, Tensor values, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor corrections)
        => device.Submit(new StepCall(options, values, firstMoment, secondMoment, gradient, corrections));

    private sealed unsafe class StepCall : CpuCall
    {
        private readonly AdamOptions options;
        private readonly CpuOperand values;
        private readonly CpuOperand firstMoment;
        private readonly CpuOperand secondMoment;
        private readonly CpuOperand gradient;
        private readonly CpuOperand corrections;

        public StepCall(AdamOptions options, Tensor values, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor corrections)
            : base("adam.step", values.Shape.Members, values.Shape.Samples)
        {
            (this.options, this.values, this.firstMoment, this.secondMoment) = (options, Write(values), Write(firstMoment), Write(secondMoment));
            (this.gradient, this.corrections) = (Read(gradient), ReadWhole(corrections));
        }

        public override void Execute(in Tile tile)
        {
            float* x = values.At(tile, tile.FirstSample);
            float* m = firstMoment.At(tile, tile.FirstSample);
            float* s = secondMoment.At(tile, tile.FirstSample);
            float* g = gradient.At(tile, tile.FirstSample);
            float* correction = corrections.At(tile, 0);
            Vector512<float> rate = Vector512.Create(correction[0]), secondCorrection = Vector512.Create(correction[1]);
            Vector512<float> beta1 = Vector512.Create(options.Beta1), rest1 = Vector512.Create(1 - options.Beta1);
            Vector512<float> beta2 = Vector512.Create(options.Beta2), rest2 = Vector512.Create(1 - options.Beta2);
            Vector512<float> epsilon = Vector512.Create(options.Epsilon);
            int length = tile.SampleCount * values.Tensor.Shape.SampleLength;
            for (int i = 0; i < length; i += LanePart.Lanes)
            {
                int lanes = length - i;
                Vector512<float> slope = LanePart.Load(g + i, lanes);
                Vector512<float> first = Vector512.FusedMultiplyAdd(beta1, LanePart.Load(m + i, lanes), rest1 * slope);
                Vector512<float> second = Vector512.FusedMultiplyAdd(beta2, LanePart.Load(s + i, lanes), rest2 * slope * slope);
                LanePart.Store(first, m + i, lanes);
                LanePart.Store(second, s + i, lanes);
                Vector512<float> step = rate * first / (Vector512.Sqrt(second * secondCorrection) + epsilon);
                LanePart.Store(LanePart.Load(x + i, lanes) - step, x + i, lanes);
            }
        }
    }
}
