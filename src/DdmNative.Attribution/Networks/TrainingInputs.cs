using DdmNative.Compute;

namespace DdmNative.Attribution.Networks;

/// <summary>
/// What the layers of a pass in the training form read besides the images. In this form batch norms use the statistics of the batch and
/// dropout drops; a pass without it is in the evaluation form, in which samples do not affect each other.
/// </summary>
/// <param name="Weights">The weights of the loss, [E or 1, N, 1, 1, 1]: a sample of weight zero is not in the batch.</param>
/// <param name="Keys">Two whole numbers for each sample, its position in the data set and the training step, [E or 1, N, 2, 1, 1]: dropout
/// derives its masks from them.</param>
/// <param name="Seed">The seed of the masks.</param>
public sealed record TrainingInputs(Tensor Weights, Tensor Keys, ulong Seed);
