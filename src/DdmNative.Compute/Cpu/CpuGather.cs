using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>Copies the samples that a batch names.</summary>
internal sealed class CpuGather(CpuDevice device) : Gather
{
    protected override void SamplesCore(Tensor source, Tensor indices, Tensor y) => device.Submit(new SamplesCall(source, indices, y));

    private sealed unsafe class SamplesCall : CpuCall
    {
        private readonly CpuOperand source;
        private readonly CpuOperand indices;
        private readonly CpuOperand y;

        public SamplesCall(Tensor source, Tensor indices, Tensor y)
            : base("gather.samples", y.Shape.Members, y.Shape.Samples) => (this.source, this.indices, this.y) = (ReadWhole(source), Read(indices), Write(y));

        public override void Execute(in Tile tile)
        {
            int length = y.Tensor.Shape.SampleLength;
            for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
            {
                int index = (int)*indices.At(tile, sample);
                if ((uint)index >= (uint)source.Tensor.Shape.Samples)
                    throw new ArgumentOutOfRangeException(nameof(tile), $"Index {index} of sample {sample} is outside the source's {source.Tensor.Shape.Samples} samples.");
                new ReadOnlySpan<float>(source.At(tile, index), length).CopyTo(new Span<float>(y.At(tile, sample), length));
            }
        }
    }
}
