using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Copies the samples whose indices a batch lists.</summary>
internal sealed class CpuGather(CpuDevice device) : Gather
{
    protected override void SamplesCore(Tensor source, Tensor indices, Tensor y) => device.Submit(new SamplesCall(source, indices, y));

    private sealed unsafe class SamplesCall : CpuCall
    {
        private readonly CpuOperand _source;
        private readonly CpuOperand _indices;
        private readonly CpuOperand _y;

        public SamplesCall(Tensor source, Tensor indices, Tensor y)
            : base("gather.samples", y.Shape.Members, y.Shape.Samples)
                => (_source, _indices, _y) = (ReadWhole(source), Read(indices), Write(y));

        public override void Execute(in Tile tile)
        {
            int length = _y.Tensor.Shape.SampleLength;
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                int index = (int)*_indices.At(tile, sample);
                if ((uint)index >= (uint)_source.Tensor.Shape.Samples)
                    throw new ArgumentOutOfRangeException(nameof(tile),
                        $"Index {index} of sample {sample} is outside the source's {_source.Tensor.Shape.Samples} samples.");
                new ReadOnlySpan<float>(_source.At(tile, index), length).CopyTo(new Span<float>(_y.At(tile, sample), length));
            }
        }
    }
}
