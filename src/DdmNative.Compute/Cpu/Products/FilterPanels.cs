using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// A filter bank repacked for the micro-kernel: panels of 32 output channels, [outputs/32][k][k][channels][32], the last panel padded with
/// zeros. The bank is [O, I, k, k] read as outputs × inputs, or its transpose turned upside down as inputs × outputs. The transpose of a
/// strided convolution has its taps phase by phase, [rows' phase][columns' phase] of [taps][taps] (<see cref="StridePhase"/>).
/// </summary>
/// <remarks>
/// Sixteen inputs by sixteen outputs are k² register transpositions: of (input, tap) runs against outputs, or, transposed, of taps against
/// outputs for one input after the other. A remainder below sixteen is moved float by float.
/// </remarks>
internal sealed unsafe class FilterPanels : IFilterPacking
{
    /// <summary>Input channels packed together.</summary>
    public const int Chunk = RegisterTransposition.Size;

    private const int Columns = MatrixMicroKernel.PanelColumns;

    private readonly CorrelationShape _shape;
    private readonly int _stride;
    private readonly nint _outputStride;
    private readonly nint _inputStride;

    /// <summary>
    /// Floats from a block's first source row to its others; from the first target row of a chunk (or of one input) to that of run position
    /// j.
    /// </summary>
    private readonly int[] _sourceRows;
    private readonly int[] _targetRows;

    /// <summary>Where each tap is among the packed taps.</summary>
    private readonly int[] _tapOrder;

    /// <param name="shape">Its outputs are the panels' columns.</param>
    /// <param name="stride">Channels of a packed pixel, which may hold several sources.</param>
    public FilterPanels(in CorrelationShape shape, int stride)
    {
        (_shape, _stride) = (shape, stride);
        int taps = shape.Taps;
        _tapOrder = OrderTaps(shape);
        _outputStride = shape.IsTransposed ? taps : (nint)shape.InputChannels * taps;
        _inputStride = shape.IsTransposed ? (nint)shape.OutputChannels * taps : taps;
        _sourceRows = new int[Chunk];
        for (int row = 0; row < Chunk; row++)
            _sourceRows[row] = checked((int)(row * _outputStride));
        _targetRows = new int[shape.IsTransposed ? WinogradTiles.RoundUp(taps) : taps * Chunk];
        for (int j = 0; j < _targetRows.Length; j++)
            _targetRows[j] = shape.IsTransposed ? TapRow(SurplusToFirst(j)) : TapRow(j % taps) + j / taps * Columns;
    }

    public CorrelationShape Shape => _shape;

    public int Parts => Count(_shape.OutputChannels) * Chunks;

    public long Length => (long)Count(_shape.OutputChannels) * _shape.Taps * _stride * Columns;

    public int ChunkLength => 0;

    private int Chunks => (_shape.InputChannels + Chunk - 1) / Chunk;

    public static int Count(int outputs) => (outputs + Columns - 1) / Columns;

    /// <summary>Packs the whole bank into channels <paramref name="firstChannel"/>… of every pixel.</summary>
    public void Pack(float* filter, float* panels, int firstChannel)
    {
        for (int part = 0; part < Parts; part++)
            Pack(filter, part, panels + firstChannel * Columns, chunk: null);
    }

    public void Pack(float* filter, int part, float* target, float* chunk)
    {
        (int panel, int input) = (part / Chunks, part % Chunks * Chunk);
        PackChunk(filter, panel, input, target + ((nint)panel * _shape.Taps * _stride + input) * Columns);
    }

    /// <summary>
    /// Packs inputs <paramref name="firstInput"/>… (at most <see cref="Chunk"/>) of one panel: input i, tap t to row t·stride + i of
    /// <paramref name="target"/>.
    /// </summary>
    public void PackChunk(float* filter, int panel, int firstInput, float* target)
    {
        int inputs = Math.Min(Chunk, _shape.InputChannels - firstInput);
        for (int column = 0; column < Columns; column += Chunk)
        {
            int first = panel * Columns + column, columns = Math.Clamp(_shape.OutputChannels - first, 0, Chunk);
            float* source = filter + first * _outputStride + firstInput * _inputStride;
            if (columns == Chunk && _shape.IsTransposed && _shape.Taps == 1)
                CopyRows(source, inputs, target + column);
            else if (columns < Chunk || inputs < Chunk || !RegisterTransposition.IsSupported)
                CopyOneByOne(source, columns, inputs, target + column);
            else if (_shape.IsTransposed)
                TurnTaps(source, target + column);
            else
                TurnRuns(source, target + column);
        }
    }

    /// <summary>Prefetches one of <paramref name="parts"/> parts of a panel's filters into the second-level cache.</summary>
    public void Fetch(float* filter, int panel, int part, int parts)
    {
        if (!Sse.IsSupported)
            return;
        int outputs = Math.Min(Columns, _shape.OutputChannels - panel * Columns);
        // The outer axis of the bank is the outputs, or, transposed, the inputs.
        int rows = _shape.IsTransposed ? _shape.InputChannels : outputs;
        nint stride = _shape.IsTransposed ? _inputStride : _outputStride, length = _shape.IsTransposed ? outputs * _outputStride : stride;
        float* first = filter + (nint)panel * Columns * _outputStride;
        for (int row = rows * part / parts; row < rows * (part + 1) / parts; row++)
            for (nint at = 0; at < length; at += LanePart.Lanes)
                Sse.Prefetch1(first + row * stride + at);
    }

    /// <summary>Copies a bias into whole panels, padded with zeros; a missing bias is zero.</summary>
    public static void PackBias(float* bias, int outputs, float* panels)
    {
        for (int i = 0; i < Count(outputs) * Columns; i++)
            panels[i] = i < outputs && bias is not null ? bias[i] : 0;
    }

    /// <summary>The (input, tap) runs of sixteen outputs.</summary>
    private void TurnRuns(float* source, float* target)
    {
        fixed (int* from = _sourceRows, to = _targetRows)
        {
            for (int j = 0; j < _targetRows.Length; j += Chunk)
                RegisterTransposition.Transpose(source + j, from, target, to + j);
        }
    }

    /// <summary>
    /// The taps of sixteen outputs for each of sixteen inputs. A row's loads run into its neighbours' taps, and may run over the bank's end
    /// into the memory kept for that.
    /// </summary>
    private void TurnTaps(float* source, float* target)
    {
        fixed (int* from = _sourceRows, to = _targetRows)
        {
            for (int input = 0; input < Chunk; input++)
                for (int tap = 0; tap < _shape.Taps; tap += Chunk)
                    RegisterTransposition.Transpose(source + input * _inputStride + tap, from, target + input * Columns, to + tap);
        }
    }

    /// <summary>Rows of a matrix that are panels' rows already.</summary>
    private void CopyRows(float* source, int inputs, float* target)
    {
        for (int input = 0; input < inputs; input++)
            Vector512.Load(source + input * _inputStride).Store(target + input * Columns);
    }

    private void CopyOneByOne(float* source, int columns, int inputs, float* target)
    {
        for (int tap = 0; tap < _shape.Taps; tap++)
        {
            for (int input = 0; input < inputs; input++)
            {
                float* from = source + input * _inputStride + tap, to = target + TapRow(tap) + input * Columns;
                for (int column = 0; column < columns; column++)
                    to[column] = from[column * _outputStride];
                for (int column = columns; column < Chunk; column++)
                    to[column] = 0;
            }
        }
    }

    private int TapRow(int tap) => _tapOrder[tap] * _stride * Columns;

    private static int[] OrderTaps(in CorrelationShape shape)
    {
        int k = shape.KernelSize;
        var order = new int[shape.Taps];
        if (!shape.IsTransposed)
        {
            for (int tap = 0; tap < order.Length; tap++)
                order[tap] = tap;
            return order;
        }
        int packed = 0;
        StridePhase[] phases = StridePhase.All(k, k - 1 - shape.Padding, shape.Stride);
        foreach (StridePhase rows in phases)
            foreach (StridePhase columns in phases)
                for (int row = rows.Taps - 1; row >= 0; row--)
                    for (int column = columns.Taps - 1; column >= 0; column--)
                        order[(rows.FirstTap + row * shape.Stride) * k + columns.FirstTap + column * shape.Stride] = packed++;
        return order;
    }

    /// <summary>Rows of a block beyond the last tap are stored where its first row then overwrites them.</summary>
    private int SurplusToFirst(int tap) => tap < _shape.Taps ? tap : tap / Chunk * Chunk;
}
