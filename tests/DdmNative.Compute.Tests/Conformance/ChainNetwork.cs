using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// The network of the chain tests, small but with every kind of layer, with its parameters in one vector: two blocks of convolution,
/// instance norm and ReLU with pooling, then flatten and a matrix product to the logits.
/// </summary>
internal static class ChainNetwork
{
    public const int Channels = 2;
    public const int Height = 7;
    public const int Width = 6;
    public const int Classes = 4;

    /// <summary>Convolution, pooling window, first parameter: filter, bias, scale and shift follow each other.</summary>
    public static readonly (ConvolutionShape Shape, int Window, int Offset)[] Blocks =
        [(new(Channels, 5, Height, Width, 3, 1), 2, 0), (new(5, 6, 3, 3, 3, 1), 1, 105)];

    public const int Features = 6 * 3 * 3;
    public const int WeightOffset = 105 + 6 * 5 * 9 + 3 * 6;
    public const int ParameterCount = WeightOffset + Classes * Features + Classes;

    /// <summary>The parameter tensors as blocks of the gradient distances.</summary>
    public static IReadOnlyList<ParameterBlock> ParameterBlocks
    {
        get
        {
            List<ParameterBlock> blocks = [];
            foreach ((ConvolutionShape shape, _, int offset) in Blocks)
            {
                int outputs = shape.OutputChannels;
                int afterFilter = offset + shape.FilterLength;
                blocks.Add(new(offset, outputs, shape.FilterLength / outputs, true));
                for (int i = 0; i < 3; i++)
                    blocks.Add(new(afterFilter + i * outputs, outputs, 1, false));
            }
            blocks.Add(new(WeightOffset, Classes, Features, true));
            blocks.Add(new(WeightOffset + Classes * Features, Classes, 1, false));
            return blocks;
        }
    }
}
