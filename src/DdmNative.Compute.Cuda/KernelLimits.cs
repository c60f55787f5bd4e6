using System.Globalization;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// How far kernels count in 32 bits within one member: products and pools, whose indices would take twice the registers in 64. From
/// member to member every kernel counts in 64 bits, and all others do so within a member too.
/// </summary>
internal static class KernelLimits
{
    /// <summary>Floats of a member, or rows of a matrix; tiles reach at most 2¹⁶ indices beyond the end of what they cover.</summary>
    public const long MostFloats = (1L << 31) - (1 << 16);

    /// <summary>The number, where kernels can count so far.</summary>
    /// <param name="operation">Which operation is asked for, e.g. <c>convolution forward</c>.</param>
    /// <param name="operand">Which of its operands is counted, e.g. <c>images</c>.</param>
    /// <param name="floats">Floats or rows of one member, as the kernel sees it: with padding.</param>
    /// <exception cref="TensorTooLargeException">It is more than <see cref="MostFloats"/>.</exception>
    public static int Require(string operation, string operand, long floats)
    {
        if (floats <= MostFloats)
            return (int)floats;
        throw new TensorTooLargeException(string.Create(
            CultureInfo.InvariantCulture,
            $"{operation}: {operand} of one model would take {floats:N0} floats, and the CUDA kernels count up to {MostFloats:N0}. "
            + $"Use a smaller batch, or --device cpu."));
    }
}
