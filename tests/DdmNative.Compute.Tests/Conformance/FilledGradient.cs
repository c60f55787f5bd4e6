using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>When the parts of a gradient that nothing computes are filled.</summary>
public enum FillOrder
{
    /// <summary>Before the other parts are computed.</summary>
    Before,

    /// <summary>One part between the computations, the other after them.</summary>
    Between,

    /// <summary>After the other parts are computed.</summary>
    After,
}

/// <summary>
/// A gradient as a network with batch norms has it: the filter and bias of a convolution, running statistics, the matrix and bias of a
/// linear layer, and statistics again.
/// </summary>
internal static class FilledGradient
{
    /// <summary>Inputs and outputs of the linear layer: a large matrix for the smallest caches, a small one for others.</summary>
    public const int Inputs = 40;
    public const int Outputs = 7;

    public static readonly ConvolutionShape Convolution = new(3, 5, 6, 4, 3, 1);

    private const int FilledLength = 7;
    private const int MatrixLength = Inputs * Outputs;
    private const int LinearStart = 3 * 5 * 9 + 5 + FilledLength;

    /// <summary>Parameters of the vector.</summary>
    public const int Length = LinearStart + MatrixLength + Outputs + FilledLength;

    /// <summary>Assigns every part of the gradient by a call of its own.</summary>
    public static void Record(Device device, FillOrder order, (Tensor Input, Tensor Cotangent) convolution,
        (Tensor Input, Tensor Cotangent) linear, Tensor gradient, float value)
    {
        if (order == FillOrder.Before)
            FillBoth();
        device.Convolution.BackwardFilter(Convolution, convolution.Input, convolution.Cotangent,
            new Slice(gradient, 0, Convolution.FilterLength), new Slice(gradient, Convolution.FilterLength, Convolution.OutputChannels));
        if (order == FillOrder.Between)
            FillBefore(LinearStart);
        device.MatrixProduct.BackwardWeight(linear.Input, linear.Cotangent,
            new Slice(gradient, LinearStart, MatrixLength), new Slice(gradient, LinearStart + MatrixLength, Outputs));
        if (order == FillOrder.Between)
            FillBefore(Length);
        if (order == FillOrder.After)
            FillBoth();

        void FillBoth()
        {
            FillBefore(LinearStart);
            FillBefore(Length);
        }

        void FillBefore(int end) => device.Fill.Assign(new Slice(gradient, end - FilledLength, FilledLength), value);
    }

    /// <summary>The gradient from those of the layers.</summary>
    public static DoubleTensor Join(int members, (DoubleTensor Filter, DoubleTensor Bias) convolution,
        (DoubleTensor Weight, DoubleTensor Bias) linear, double value)
    {
        var gradient = new DoubleTensor(TensorShape.Vector(members, Length));
        DoubleTensor filled = ReferenceFill.Assign(members, FilledLength, value);
        DoubleTensor[] parts = [convolution.Filter, convolution.Bias, filled, linear.Weight, linear.Bias, filled];
        int at = 0;
        for (int e = 0; e < members; e++)
            foreach (DoubleTensor part in parts)
            {
                int length = (int)part.Shape.MemberLength;
                Array.Copy(part.Values, e * length, gradient.Values, at, length);
                at += length;
            }
        return gradient;
    }
}
