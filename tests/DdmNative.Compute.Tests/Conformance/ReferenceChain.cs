using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>The results of one pass over the chain network, with the tangents along a direction of the parameters.</summary>
internal sealed record ChainResult(DoubleTensor Loss, DualTensor Gradient, DualTensor ImagesCotangent, DualTensor Logits);

/// <summary>The chain network in float64, composed of the references of its operations.</summary>
internal static class ReferenceChain
{
    public static ChainResult Run(
        int members, DoubleTensor parameters, DoubleTensor direction, DoubleTensor images, DoubleTensor labels, DoubleTensor weights)
    {
        DualTensor theta = new(parameters, direction);
        var gradient = DualTensor.Zeros(TensorShape.Vector(members, ChainNetwork.ParameterCount));
        List<(DualTensor Input, DualTensor Maps, DualTensor Normalised)> blocks = [];
        DualTensor x = new(images);
        foreach ((ConvolutionShape shape, int window, int offset) in ChainNetwork.Blocks)
        {
            (DualTensor filter, DualTensor bias) = (Part(theta, offset, FilterShape(shape)), Channels(theta, shape, offset, 0));
            DualTensor maps = new(
                ReferenceConvolution.Forward(members, shape, x.Value, filter.Value, bias.Value),
                ReferenceConvolution.ForwardTangent(members, shape, x.Value, x.Tangent, filter.Value, filter.Tangent!, bias.Tangent!));
            DualTensor normalised = ReferenceInstanceNorm.Forward(members, maps, Channels(theta, shape, offset, 1),
                Channels(theta, shape, offset, 2));
            blocks.Add((x, maps, normalised));
            x = new(
                ReferenceReluAvgPool.Forward(members, window, normalised.Value),
                ReferenceReluAvgPool.ForwardTangent(members, window, normalised.Value, normalised.Tangent!));
        }
        DualTensor features = new(ReferenceFlatten.Forward(members, x.Value), ReferenceFlatten.Forward(members, x.Tangent!));
        DualTensor weight = Part(theta, ChainNetwork.WeightOffset, new TensorShape(1, ChainNetwork.Classes, ChainNetwork.Features));
        int biasOffset = ChainNetwork.WeightOffset + ChainNetwork.Classes * ChainNetwork.Features;
        DualTensor headBias = Part(theta, biasOffset, TensorShape.Vector(1, ChainNetwork.Classes));
        DualTensor logits = new(
            ReferenceMatrixProduct.Forward(members, features.Value, weight.Value, headBias.Value),
            ReferenceMatrixProduct.ForwardTangent(members, features.Value, features.Tangent, weight.Value, weight.Tangent!,
            headBias.Tangent!));

        DualTensor delta = ReferenceSoftmaxCrossEntropy.Backward(members, logits, labels, weights);
        (DoubleTensor weightCotangent, DoubleTensor biasCotangent) = ReferenceMatrixProduct.BackwardWeight(members, features.Value,
            delta.Value);
        (DoubleTensor weightTangent, DoubleTensor biasTangent) =
            ReferenceMatrixProduct.BackwardWeightTangent(members, features.Value, features.Tangent, delta.Value, delta.Tangent!);
        Place(gradient, ChainNetwork.WeightOffset, new(weightCotangent, weightTangent));
        Place(gradient, biasOffset, new(biasCotangent, biasTangent));
        DoubleTensor flat = ReferenceMatrixProduct.BackwardData(members, delta.Value, weight.Value);
        DoubleTensor flatTangent = ReferenceMatrixProduct.BackwardDataTangent(members, delta.Value, delta.Tangent!, weight.Value,
            weight.Tangent!);
        DualTensor cotangent = new(ReferenceFlatten.Backward(x.Value.Shape, flat), ReferenceFlatten.Backward(x.Value.Shape, flatTangent));
        for (int i = blocks.Count - 1; i >= 0; i--)
        {
            (ConvolutionShape shape, int window, int offset) = ChainNetwork.Blocks[i];
            (DualTensor input, DualTensor maps, DualTensor normalised) = blocks[i];
            DualTensor filter = Part(theta, offset, FilterShape(shape));
            cotangent = new(
                ReferenceReluAvgPool.Backward(members, window, normalised.Value, cotangent.Value),
                ReferenceReluAvgPool.Backward(members, window, normalised.Value, cotangent.Tangent!));
            (cotangent, DualTensor scale, DualTensor shift) =
                ReferenceInstanceNorm.Backward(members, maps, cotangent, Channels(theta, shape, offset, 1));
            (DoubleTensor filterCotangent, DoubleTensor shiftless) = ReferenceConvolution.BackwardFilter(members, shape, input.Value,
                cotangent.Value);
            (DoubleTensor filterTangent, DoubleTensor shiftlessTangent) =
                ReferenceConvolution.BackwardFilterTangent(members, shape, input.Value, input.Tangent, cotangent.Value, cotangent.Tangent!);
            int afterFilter = offset + shape.FilterLength;
            Place(gradient, offset, new(filterCotangent, filterTangent));
            Place(gradient, afterFilter, new(shiftless, shiftlessTangent));
            Place(gradient, afterFilter + shape.OutputChannels, scale);
            Place(gradient, afterFilter + 2 * shape.OutputChannels, shift);
            cotangent = new(
                ReferenceConvolution.BackwardData(members, shape, cotangent.Value, filter.Value),
                ReferenceConvolution.BackwardDataTangent(members, shape, cotangent.Value, cotangent.Tangent!, filter.Value,
                filter.Tangent!));
        }
        return new ChainResult(ReferenceSoftmaxCrossEntropy.Loss(members, logits, labels).Value, gradient, cotangent, logits);
    }

    private static TensorShape FilterShape(ConvolutionShape shape)
        => new(1, shape.OutputChannels, shape.InputChannels, shape.KernelSize, shape.KernelSize);

    /// <summary>Bias, scale or shift of a block.</summary>
    private static DualTensor Channels(DualTensor theta, ConvolutionShape shape, int offset, int index)
        => Part(theta, offset + shape.FilterLength + index * shape.OutputChannels, TensorShape.Vector(1, shape.OutputChannels));

    private static DualTensor Part(DualTensor vector, int offset, TensorShape shape)
        => new(Part(vector.Value, offset, shape), Part(vector.Tangent!, offset, shape));

    private static DoubleTensor Part(DoubleTensor vector, int offset, TensorShape shape)
    {
        var part = new DoubleTensor(shape.WithMembers(vector.Shape.Members));
        int length = (int)shape.MemberLength;
        for (int e = 0; e < vector.Shape.Members; e++)
            Array.Copy(vector.Values, e * vector.Shape.Channels + offset, part.Values, e * length, length);
        return part;
    }

    private static void Place(DualTensor vector, int offset, DualTensor part)
    {
        int length = (int)part.Value.Shape.MemberLength;
        for (int e = 0; e < vector.Value.Shape.Members; e++)
        {
            Array.Copy(part.Value.Values, e * length, vector.Value.Values, e * vector.Value.Shape.Channels + offset, length);
            Array.Copy(part.Tangent!.Values, e * length, vector.Tangent!.Values, e * vector.Value.Shape.Channels + offset, length);
        }
    }
}
