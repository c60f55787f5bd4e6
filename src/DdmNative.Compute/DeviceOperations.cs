using DdmNative.Compute.Contracts;

namespace DdmNative.Compute;

/// <summary>
/// Every operation that a device offers, one property a contract. All of them are required, so a new operation does not compile until every
/// device implements it (docs/contributing.md).
/// </summary>
public sealed record DeviceOperations
{
    public required Convolution Convolution { get; init; }

    public required MatrixProduct MatrixProduct { get; init; }

    public required InstanceNorm InstanceNorm { get; init; }

    public required BatchNorm BatchNorm { get; init; }

    public required FrozenBatchNorm FrozenBatchNorm { get; init; }

    public required GroupNorm GroupNorm { get; init; }

    public required ReluAvgPool ReluAvgPool { get; init; }

    public required MaxPool MaxPool { get; init; }

    public required AvgPool AvgPool { get; init; }

    public required Gelu Gelu { get; init; }

    public required Dropout Dropout { get; init; }

    public required SoftmaxCrossEntropy SoftmaxCrossEntropy { get; init; }

    public required GradientDistance GradientDistance { get; init; }

    public required Sgd Sgd { get; init; }

    public required Adam Adam { get; init; }

    public required Reduction Reduction { get; init; }

    public required Philox Philox { get; init; }

    public required Fill Fill { get; init; }

    public required LinearCombination LinearCombination { get; init; }

    public required Gather Gather { get; init; }

    public required CropFlip CropFlip { get; init; }

    public required Flatten Flatten { get; init; }
}
