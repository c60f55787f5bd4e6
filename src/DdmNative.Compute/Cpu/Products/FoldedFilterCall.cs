namespace DdmNative.Compute.Cpu;

/// <summary>Copies filters [O, I, k, k] into the form [O, 4·I, 3, 3] of <see cref="FoldedConvolution"/>.</summary>
internal sealed unsafe class FoldedFilterCall : CpuCall
{
    private readonly CpuParameters _filters;
    private readonly CpuOperand _folded;
    private readonly int[] _positions;
    private readonly int _run;

    /// <param name="filters">Filters of each member, or of each of its directions.</param>
    /// <param name="folded">The folded ones.</param>
    /// <param name="positions">Where the folded form has each value of an output's filters.</param>
    /// <param name="run">Values of an output's folded filters.</param>
    public FoldedFilterCall(Slice filters, CpuTensor folded, int[] positions, int run)
        : base("convolution.fold-filters", folded.Shape.Members, folded.Shape.Samples)
        => (_filters, _folded, _positions, _run) = (Read(filters), Write(folded), positions, run);

    public override void Execute(in Tile tile)
    {
        for (int sample = tile.FirstSample; sample < tile.EndSample; sample++)
        {
            float* source = _filters.At(tile, sample), target = _folded.At(tile, sample);
            Clear(target, _folded.Tensor.Shape.SampleLength);
            for (float* end = source + _filters.Length; source < end; target += _run)
                foreach (int position in _positions)
                    target[position] = *source++;
        }
    }
}
