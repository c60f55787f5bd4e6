using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Assigns a value to a part of each member's parameter vector.</summary>
internal sealed class CpuFill(CpuDevice device) : Fill
{
    protected override void AssignCore(Slice target, float value) => device.Submit(new AssignCall(target, value));

    private sealed class AssignCall : CpuCall
    {
        private readonly CpuParameters _target;
        private readonly float _value;

        public AssignCall(Slice target, float value)
            : base("fill.assign", target.Vector.Shape.Members, samples: 1)
            => (_target, _value) = (Write(target), value);

        public override double BytesPerSample => sizeof(float) * (double)_target.Length;

        public override unsafe void Execute(in Tile tile) => new Span<float>(_target.At(tile), _target.Length).Fill(_value);
    }
}
