namespace DdmNative.Compute.Cpu;

/// <summary>δx = Σ over sources of δy W, on the rows of W as they are.</summary>
internal sealed unsafe class MatrixBackwardDataCall : CpuCall
{
    private readonly (CpuOperand Cotangent, CpuParameters Weight)[] _sources;
    private readonly CpuOperand _output;

    public MatrixBackwardDataCall(string name, (Tensor Cotangent, Slice Weight)[] sources, Tensor output)
        : base(name, output.Shape.Members, output.Shape.Samples)
    {
        _sources = Array.ConvertAll(sources, source => (Read(source.Cotangent), Read(source.Weight)));
        _output = Write(output);
    }

    public override double FlopsPerSample
        => 2.0 * _sources.Length * _output.Tensor.Shape.Channels * _sources[0].Cotangent.Tensor.Shape.Channels;

    public override void Execute(in Tile tile)
    {
        int inputs = _output.Tensor.Shape.Channels;
        int outputs = _sources[0].Cotangent.Tensor.Shape.Channels;
        for (int column = 0; column < inputs; column += MatrixMicroKernel.PanelColumns)
        {
            for (int i = 0; i < _sources.Length; i++)
            {
                MatrixMicroKernel.Multiply(
                    new Contraction
                    {
                        A = _sources[i].Cotangent.At(tile, tile.FirstSample),
                        RowStrideA = outputs,
                        StepA = 1,
                        B = _sources[i].Weight.At(tile) + column,
                        StepB = inputs,
                        Steps = outputs,
                        Segments = 1,
                        C = _output.At(tile, tile.FirstSample) + column,
                        RowStrideC = inputs,
                        Columns = Math.Min(MatrixMicroKernel.PanelColumns, inputs - column),
                        Accumulate = i > 0,
                    },
                    tile.SampleCount);
            }
        }
    }
}
