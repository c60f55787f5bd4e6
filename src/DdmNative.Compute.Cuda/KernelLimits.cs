using System.Globalization;

namespace DdmNative.Compute.Cuda;

/// <summary>
/// The limit of kernels that use 32-bit indices within one member: products and pools, whose 64-bit indices would take twice the registers.
/// From member to member every kernel uses 64-bit indices, and all other kernels use them within a member too.
/// </summary>
internal static class KernelLimits
{
    /// <summary>Floats of a member, or rows of a matrix; tiles reach at most 2¹⁶ indices beyond the end of what they cover.</summary>
    public const long MostFloats = (1L << 31) - (1 << 16);

    /// <summary>Returns the number as an <see cref="int"/> if it is within the limit.</summary>
    /// <param name="operation">The operation, e.g. <c>convolution forward</c>.</param>
    /// <param name="operand">The operand that is counted, e.g. <c>images</c>.</param>
    /// <param name="floats">Floats or rows of one member, as the kernel sees it: with padding.</param>
    /// <exception cref="TensorTooLargeException">It is more than <see cref="MostFloats"/>.</exception>
    public static int Require(string operation, string operand, long floats)
    {
        if (floats <= MostFloats)
            return (int)floats;
        throw new TensorTooLargeException(string.Create(
            CultureInfo.InvariantCulture,
            $"{operation}: {operand} of one model need {floats:N0} floats; the CUDA kernels support at most {MostFloats:N0}. "
            + $"Use a smaller batch, or --device cpu."));
    }
}
