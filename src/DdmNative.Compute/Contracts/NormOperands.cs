using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Contracts;

/// <summary>The checks of a norm's parameters that all norms share: a scale and a shift for each channel.</summary>
internal static class NormOperands
{
    /// <summary>Two parameters with a value for each channel of the images.</summary>
    /// <exception cref="ArgumentException">A length or the number of members does not fit.</exception>
    public static void RequireParameters(
        Slice first, Slice second, TensorShape images,
        [CallerArgumentExpression(nameof(first))] string firstName = "",
        [CallerArgumentExpression(nameof(second))] string secondName = "")
    {
        Operands.Require(first, images.Members, images.Channels, firstName);
        Operands.Require(second, images.Members, images.Channels, secondName);
    }

    /// <summary>The results of both parameters, or none.</summary>
    /// <exception cref="ArgumentException">Only one is given, or a shape does not fit.</exception>
    public static void RequireBothOrNeither(
        Slice? first, Slice? second, TensorShape images,
        [CallerArgumentExpression(nameof(first))] string firstName = "",
        [CallerArgumentExpression(nameof(second))] string secondName = "")
    {
        if (first.HasValue != second.HasValue)
            throw new ArgumentException("Give both parameter results or neither.", secondName);
        Operands.RequireOutput(first, images.Members, images.Channels, firstName);
        Operands.RequireOutput(second, images.Members, images.Channels, secondName);
    }
}
