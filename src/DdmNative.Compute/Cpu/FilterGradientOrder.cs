using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Cpu;

/// <summary>From the order in which kernels sum a filter's gradient, [k, k, channels, outputs], to PyTorch's OIHW: (input, tap) runs against outputs, sixteen by sixteen.</summary>
internal sealed unsafe class FilterGradientOrder
{
    private const int Size = RegisterTransposition.Size;

    private readonly ConvolutionShape shape;

    /// <summary>Floats to the summed row of run position j = input·k² + tap, and from one output's run to the next one's.</summary>
    private readonly int[] sourceRows;
    private readonly int[] targetRows;

    /// <param name="shape">The convolution.</param>
    /// <param name="channels">Input channels of the summed form, rounded up or not.</param>
    /// <param name="outputs">Its output channels.</param>
    public FilterGradientOrder(ConvolutionShape shape, int channels, int outputs)
    {
        this.shape = shape;
        int taps = shape.KernelSize * shape.KernelSize, run = shape.InputChannels * taps;
        sourceRows = new int[run];
        for (int j = 0; j < run; j++)
            sourceRows[j] = checked((j % taps * channels + j / taps) * outputs);
        targetRows = new int[Size];
        for (int row = 0; row < Size; row++)
            targetRows[row] = row * run;
    }

    public void Convert(float* source, float* target)
    {
        int run = sourceRows.Length;
        int wholeRun = RegisterTransposition.IsSupported ? run / Size * Size : 0, wholeOutputs = shape.OutputChannels / Size * Size;
        fixed (int* from = sourceRows, to = targetRows)
        {
            for (int output = 0; output < wholeOutputs; output += Size)
                for (int j = 0; j < wholeRun; j += Size)
                    RegisterTransposition.Turn(source + output, from + j, target + (nint)output * run + j, to);
        }
        for (int output = 0; output < shape.OutputChannels; output++)
            for (int j = output < wholeOutputs ? wholeRun : 0; j < run; j++)
                target[(nint)output * run + j] = source[sourceRows[j] + output];
    }

    /// <summary>The other way round, for what is to be compared with sums while they grow.</summary>
    public void ConvertBack(float* source, float* target)
    {
        int run = sourceRows.Length;
        for (int output = 0; output < shape.OutputChannels; output++)
            for (int j = 0; j < run; j++)
                target[sourceRows[j] + output] = source[(nint)output * run + j];
    }
}
