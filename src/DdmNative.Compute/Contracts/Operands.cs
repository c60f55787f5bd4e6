using System.Runtime.CompilerServices;

namespace DdmNative.Compute.Contracts;

/// <summary>The checks of operands that every contract makes before it calls a backend.</summary>
internal static class Operands
{
    /// <summary>An operand whose samples have the given shape and whose members are those of the call or shared.</summary>
    public static void Require(Tensor tensor, int members, int samples, int channels, int height, int width,
        [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        TensorShape s = tensor.Shape;
        if ((s.Members != members && s.Members != 1) || s.Samples != samples || s.Channels != channels || s.Height != height
            || s.Width != width)
            throw new ArgumentException($"{name} has shape {s}; expected [{members} or 1, {samples}, {channels}, {height}, {width}].",
                name);
    }

    public static void Require(Tensor tensor, TensorShape expected, [CallerArgumentExpression(nameof(tensor))] string name = "")
        => Require(tensor, expected.Members, expected.Samples, expected.Channels, expected.Height, expected.Width, name);

    /// <summary>
    /// An operand that the kernel writes. It must have all of the call's members: several members would write a shared result.
    /// </summary>
    public static void RequireOutput(Tensor tensor, TensorShape expected, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (tensor.Shape != expected)
            throw new ArgumentException($"{name} has shape {tensor.Shape}; expected {expected}.", name);
    }

    public static void Require(Slice slice, int members, int length, [CallerArgumentExpression(nameof(slice))] string name = "")
    {
        int found = slice.Vector.Shape.Members;
        if (slice.Length != length || (found != members && found != 1))
            throw new ArgumentException(
                $"{name} has {slice.Length} parameters for {found} members; expected {length} for {members} members or one shared.", name);
    }

    /// <summary>An operand that may be absent: a bias.</summary>
    public static void Require(Slice? slice, int members, int length, [CallerArgumentExpression(nameof(slice))] string name = "")
    {
        if (slice is Slice given)
            Require(given, members, length, name);
    }

    /// <summary>A result that may be absent: a bias's gradient.</summary>
    public static void RequireOutput(Slice? slice, int members, int length, [CallerArgumentExpression(nameof(slice))] string name = "")
    {
        if (slice is Slice given)
            RequireOutput(given, members, length, name);
    }

    public static void RequireOutput(Slice slice, int members, int length, [CallerArgumentExpression(nameof(slice))] string name = "")
    {
        if (slice.Length != length || slice.Vector.Shape.Members != members)
            throw new ArgumentException(
                $"{name} has {slice.Length} parameters for {slice.Vector.Shape.Members} members; expected {length} for {members} members.",
                name);
    }
}
