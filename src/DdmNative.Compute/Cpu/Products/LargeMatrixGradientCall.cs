using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// The same result as <see cref="MatrixBackwardWeightCall"/> for a matrix that does not fit the second-level cache beside its inputs:
/// blocks of 224 rows × 64 columns, each summed over all samples of a member in the second-level cache, and written once. The blocks are
/// the units of parallelism.
/// </summary>
/// <remarks>
/// A block packs N·(224 + 64) floats, slot by slot, for N·224·64 multiply–adds. The slots of samples (<see cref="GradientSum"/>) and the
/// order within them are the same, and so are the bits.
/// </remarks>
internal sealed unsafe class LargeMatrixGradientCall : CpuCall
{
    private const int Lanes = LanePart.Lanes;
    private const int PanelColumns = MatrixMicroKernel.PanelColumns;

    /// <summary>Rows of a block at most, a multiple of the tallest tile with AVX-512, and columns at most.</summary>
    private const int MostRows = 224;
    private const int MostColumns = 2 * PanelColumns;

    /// <summary>The fewest samples for which packing pays.</summary>
    private const int LeastSamples = 16;

    private readonly (CpuOperand Input, CpuOperand Cotangent)[] _sources;
    private readonly CpuOperand _weightVector;
    private readonly CpuOperand? _biasVector;
    private readonly int _weightOffset, _biasOffset, _inputs, _outputs, _batch, _slots, _blockRows, _blocksAcross;

    private LargeMatrixGradientCall(MatrixBackwardWeightCall call)
        : base(call.Name, call.Members,
            CpuPhase.SamplesOf(Blocks(Outputs(call), MostRows) * Blocks(Inputs(call), MostColumns)))
    {
        _sources = Array.ConvertAll(call.sources, source => (ReadWhole(source.Input.Tensor), ReadWhole(source.Cotangent.Tensor)));
        _weightVector = WriteWhole(call.WeightSum.Vector.Tensor);
        _biasVector = call.BiasSum is null ? null : WriteWhole(call.BiasSum.Vector.Tensor);
        (_weightOffset, _biasOffset) = (call.WeightSum.Offset, call.BiasSum?.Offset ?? 0);
        (_inputs, _outputs, _batch) = (Inputs(call), Outputs(call), call.Samples);
        _slots = CpuPhase.SlotsOf(_batch);
        _blockRows = Blocks(_outputs, Blocks(_outputs, MostRows));
        _blocksAcross = Blocks(_inputs, MostColumns);
    }

    public override double FlopsPerSample => 2.0 * _sources.Length * _batch * _inputs * _outputs / Samples;

    private int LargestSlot => (_batch + _slots - 1) / _slots;

    private int BlockLength => _blockRows * MostColumns;

    public override long TemporaryFloats(int samples)
        => 2L * BlockLength + _blockRows + (long)LargestSlot * _sources.Length * (_blockRows + MostColumns);

    /// <summary>Replaces the calls on large matrices.</summary>
    public static IReadOnlyList<CpuCall> Apply(IReadOnlyList<CpuCall> calls, CpuCaches caches)
        => [.. calls.Select(call => call is MatrixBackwardWeightCall { TakesProducts: false, Samples: >= LeastSamples } gradient
            && gradient.sources[0].Cotangent.Tensor == gradient.BiasCotangent && CpuSegment.IsMuch(gradient.WeightSum.Length, caches)
            ? new LargeMatrixGradientCall(gradient) : call)];

    public override void Execute(in Tile tile)
    {
        (int first, int end) = CpuPhase.PartsOf(tile);
        for (int block = first; block < end; block++)
        {
            // With tens of thousands of rows, blocks of equal height leave none for the last ones.
            int firstRow = block / _blocksAcross * _blockRows, rows = Math.Min(_blockRows, _outputs - firstRow);
            if (rows > 0)
                Sum(tile, firstRow, rows, block % _blocksAcross * MostColumns);
        }
    }

    private static int Inputs(MatrixBackwardWeightCall call) => call.sources[0].Input.Tensor.Shape.Channels;

    private static int Outputs(MatrixBackwardWeightCall call) => call.BiasCotangent.Shape.Channels;

    private static int Blocks(int length, int most) => (length + most - 1) / most;

    /// <summary>One block, slot by slot; with the first column the gradient of the bias too, if there is one.</summary>
    private void Sum(in Tile tile, int firstRow, int rows, int column)
    {
        float* total = tile.Workspace.Temporary, ofSlot = total + BlockLength, biasTotal = ofSlot + BlockLength;
        float* cotangents = biasTotal + _blockRows, inputs = cotangents + (nint)LargestSlot * _sources.Length * _blockRows;
        int columns = Math.Min(MostColumns, _inputs - column), panels = FilterPanels.Count(columns);
        nint panelLength = (nint)LargestSlot * _sources.Length * PanelColumns;
        for (int slot = 0; slot < _slots; slot++)
        {
            int start = CpuPhase.SlotStart(_batch, _slots, slot), count = CpuPhase.SlotStart(_batch, _slots, slot + 1) - start;
            Pack(tile, start, count, firstRow, rows, column, columns, cotangents, inputs, panelLength);
            for (int panel = 0; panel < panels; panel++)
                MatrixMicroKernel.Multiply(
                    new Contraction
                    {
                        A = cotangents,
                        RowStrideA = 1,
                        StepA = rows,
                        B = inputs + panel * panelLength,
                        StepB = PanelColumns,
                        Steps = count * _sources.Length,
                        Segments = 1,
                        C = (slot == 0 ? total : ofSlot) + panel * PanelColumns,
                        RowStrideC = MostColumns,
                        Columns = PanelColumns,
                    },
                    rows);
            if (slot > 0)
                GradientSum.AddSlot(slot, ofSlot, total, rows * MostColumns);
            if (column == 0 && _biasVector is not null)
            {
                SumBias(cotangents, count, rows, ofSlot);
                GradientSum.AddSlot(slot, ofSlot, biasTotal, rows);
            }
        }
        float* weights = _weightVector.At(tile, 0) + _weightOffset + (nint)firstRow * _inputs + column;
        for (int row = 0; row < rows; row++)
            new ReadOnlySpan<float>(total + row * MostColumns, columns).CopyTo(new Span<float>(weights + (nint)row * _inputs, columns));
        if (column == 0 && _biasVector is not null)
            new ReadOnlySpan<float>(biasTotal, rows).CopyTo(new Span<float>(_biasVector.At(tile, 0) + _biasOffset + firstRow, rows));
    }

    /// <summary>
    /// Packs a slot's cotangents [steps, rows] and input panels [steps, 32], a sample's sources after each other. Columns beyond the last
    /// input are computed from what the memory holds, and are not written.
    /// </summary>
    private void Pack(in Tile tile, int firstSample, int samples, int firstRow, int rows, int column, int columns, float* cotangents,
        float* inputs, nint panelLength)
    {
        int step = 0;
        for (int sample = firstSample; sample < firstSample + samples; sample++)
        {
            foreach ((CpuOperand input, CpuOperand cotangent) in _sources)
            {
                new ReadOnlySpan<float>(cotangent.At(tile, sample) + firstRow, rows)
                    .CopyTo(new Span<float>(cotangents + (nint)step * rows, rows));
                float* source = input.At(tile, sample) + column, target = inputs + (nint)step * PanelColumns;
                for (int c = 0; c < columns; c += Lanes)
                    LanePart.Load(source + c, columns - c).Store(target + c / PanelColumns * panelLength + c % PanelColumns);
                step++;
            }
        }
    }

    /// <summary>A slot's sum of the first source's cotangents, sample after sample from zero.</summary>
    private void SumBias(float* cotangents, int samples, int rows, float* sum)
    {
        var total = new Span<float>(sum, rows);
        total.Clear();
        for (int sample = 0; sample < samples; sample++)
            TensorPrimitives.Add(total, new ReadOnlySpan<float>(cotangents + (nint)sample * _sources.Length * rows, rows), total);
    }
}
