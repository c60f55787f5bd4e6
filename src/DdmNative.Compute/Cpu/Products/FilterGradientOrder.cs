using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// From the order in which kernels sum a filter's gradient, [k, k, channels, outputs], to PyTorch's OIHW: transposes (input, tap) runs and
/// outputs in blocks of sixteen by sixteen.
/// </summary>
internal sealed unsafe class FilterGradientOrder
{
    private const int Size = RegisterTransposition.Size;

    private readonly int _outputs;

    /// <summary>Floats to the summed row of run position j = input·k² + tap, and from one output's run to the next one's.</summary>
    private readonly int[] _sourceRows;
    private readonly int[] _targetRows;

    /// <param name="shape">The convolution.</param>
    /// <param name="channels">Input channels of the summed form, rounded up or not.</param>
    /// <param name="outputs">Its output channels.</param>
    public FilterGradientOrder(ConvolutionShape shape, int channels, int outputs)
        : this(shape, channels, outputs, shape.KernelSize * shape.KernelSize,
            [.. Enumerable.Range(0, shape.InputChannels * shape.KernelSize * shape.KernelSize)])
    {
    }

    /// <param name="shape">The convolution, whose gradient is the result.</param>
    /// <param name="channels">Input channels of the summed form.</param>
    /// <param name="outputs">Its output channels.</param>
    /// <param name="taps">Its taps.</param>
    /// <param name="positions">Where the summed form, in PyTorch's order, has each value of a filter.</param>
    public FilterGradientOrder(ConvolutionShape shape, int channels, int outputs, int taps, int[] positions)
    {
        _outputs = shape.OutputChannels;
        _sourceRows = Array.ConvertAll(positions, position => checked((position % taps * channels + position / taps) * outputs));
        _targetRows = [.. Enumerable.Range(0, Size).Select(row => row * positions.Length)];
    }

    public void Convert(float* source, float* target)
    {
        int run = _sourceRows.Length;
        int wholeRun = RegisterTransposition.IsSupported ? run / Size * Size : 0, wholeOutputs = _outputs / Size * Size;
        fixed (int* from = _sourceRows, to = _targetRows)
        {
            for (int output = 0; output < wholeOutputs; output += Size)
                for (int j = 0; j < wholeRun; j += Size)
                    RegisterTransposition.Transpose(source + output, from + j, target + (nint)output * run + j, to);
        }
        for (int output = 0; output < _outputs; output++)
            for (int j = output < wholeOutputs ? wholeRun : 0; j < run; j++)
                target[(nint)output * run + j] = source[_sourceRows[j] + output];
    }

    /// <summary>The inverse order, for directions that are multiplied with partial sums.</summary>
    public void ConvertBack(float* source, float* target)
    {
        int run = _sourceRows.Length;
        for (int output = 0; output < _outputs; output++)
            for (int j = 0; j < run; j++)
                target[_sourceRows[j] + output] = source[(nint)output * run + j];
    }
}
