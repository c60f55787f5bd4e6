using System.Runtime.CompilerServices;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>A step in one pass: three vectors read, four with weight decay, and two written.</summary>
internal sealed class CpuSgd(CpuDevice device) : Sgd
{
    protected override void StepCore(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum,
        Tensor? decay, bool nesterov)
        => device.Submit(new StepCall(parameters, velocity, gradient, learningRate, momentum, decay, nesterov));

    internal sealed unsafe class StepCall : CpuCall
    {
        internal readonly CpuOperand parameters;
        internal readonly CpuOperand velocity;
        internal readonly CpuOperand gradient;
        internal readonly CpuOperand learningRate;
        internal readonly CpuOperand? decay;
        internal readonly float momentum;
        internal readonly bool nesterov;

        public StepCall(Tensor parameters, Tensor velocity, Tensor gradient, Tensor learningRate, float momentum, Tensor? decay,
            bool nesterov)
            : base("sgd.step", parameters.Shape.Members, parameters.Shape.Samples)
        {
            (this.parameters, this.velocity, this.momentum, this.nesterov) = (Write(parameters), Write(velocity), momentum, nesterov);
            (this.gradient, this.learningRate, this.decay) = (Read(gradient), ReadWhole(learningRate), ReadOptional(decay));
        }

        public override void Execute(in Tile tile)
        {
            float* theta = parameters.At(tile, tile.FirstSample);
            float* u = velocity.At(tile, tile.FirstSample);
            float* g = gradient.At(tile, tile.FirstSample);
            long length = (long)tile.SampleCount * parameters.Tensor.Shape.SampleLength;
            float* lambda = decay is null ? null : decay.At(tile, tile.FirstSample);
            Elementwise.Run(new Update(new MomentumStep(*learningRate.At(tile, 0), momentum, nesterov), theta, u, g, lambda), length);
        }
    }

    private readonly unsafe struct Update(MomentumStep step, float* theta, float* u, float* g, float* decay) : IElementwise
    {
        private readonly MomentumStep _step = step;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLanes>(long i, int lanes)
            where TLanes : struct, ILaneAccess<Vector16>
            => _step.Apply<TLanes>(TLanes.Load(g + i, lanes), theta + i, u + i, decay is null ? null : decay + i, lanes);
    }
}
