using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>From channels last to PyTorch's channels first and back, so that the head's matrix has PyTorch's order.</summary>
internal sealed class CpuFlatten(CpuDevice device) : Flatten
{
    protected override void ForwardCore(Tensor x, Tensor y)
        => device.Submit(new TransposeCall("flatten.forward", x, y, x.Shape.Height * x.Shape.Width, x.Shape.Channels));

    protected override void BackwardCore(Tensor y, Tensor x)
        => device.Submit(new TransposeCall("flatten.backward", y, x, x.Shape.Channels, x.Shape.Height * x.Shape.Width));

    internal sealed unsafe class TransposeCall : CpuCall
    {
        internal readonly CpuOperand source;
        internal readonly CpuOperand target;
        private readonly int _rows;
        private readonly int _columns;

        public TransposeCall(string name, Tensor source, Tensor target, int rows, int columns)
            : base(name, target.Shape.Members, target.Shape.Samples)
            => (this.source, this.target, _rows, _columns) = (Read(source), Write(target), rows, columns);

        public override void Execute(in Tile tile)
        {
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                float* from = source.At(tile, sample);
                float* to = target.At(tile, sample);
                for (int column = 0; column < _columns; column++, to += _rows)
                {
                    float* value = from + column;
                    for (int row = 0; row < _rows; row++, value += _columns)
                        to[row] = *value;
                }
            }
        }
    }
}
