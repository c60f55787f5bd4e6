using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>u ← μu + g; θ ← θ − ηu in one pass: three vectors read, two written.</summary>
internal sealed class CpuSgd(CpuDevice device) : Sgd
{
    protected override void StepCore(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum)
        => device.Submit(new StepCall(parameters, velocity, gradient, learningRate, momentum));

    internal sealed unsafe class StepCall : CpuCall
    {
        internal readonly CpuOperand parameters;
        internal readonly CpuOperand velocity;
        internal readonly CpuOperand gradient;
        internal readonly CpuOperand learningRate;
        internal readonly float momentum;

        public StepCall(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum)
            : base("sgd.step", parameters.Shape.Members, parameters.Shape.Samples)
        {
            (this.parameters, this.velocity, this.momentum) = (Write(parameters), Write(velocity), momentum);
            (this.gradient, this.learningRate) = (Read(gradient), ReadWhole(learningRate));
        }

        public override void Execute(in Tile tile)
        {
            float* theta = parameters.At(tile, tile.FirstSample);
            float* u = velocity.At(tile, tile.FirstSample);
            float* g = gradient.At(tile, tile.FirstSample);
            long length = (long)tile.SampleCount * parameters.Tensor.Shape.SampleLength;
            Elementwise.Run(new MomentumStep(theta, u, g, Vector16.Create(-*learningRate.At(tile, 0)), Vector16.Create(momentum)),
                length);
        }
    }

    private readonly unsafe struct MomentumStep(float* theta, float* u, float* g, Vector16 rate, Vector16 decay)
        : IElementwise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
        {
            Vector16 step = Vector16.MultiplyAdd(decay, TLanes.Load(u + i, lanes), TLanes.Load(g + i, lanes));
            TLanes.Store(step, u + i, lanes);
            TLanes.Store(Vector16.MultiplyAdd(rate, step, TLanes.Load(theta + i, lanes)), theta + i, lanes);
        }
    }
}
