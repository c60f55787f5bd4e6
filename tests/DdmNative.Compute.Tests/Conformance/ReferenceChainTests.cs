using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public sealed class ReferenceChainTests
{
    private static readonly RandomValues Random = new(19);
    private static readonly DoubleTensor Parameters = Random.Vector(1, ChainNetwork.ParameterCount);
    private static readonly DoubleTensor Direction = Random.Vector(1, ChainNetwork.ParameterCount);
    private static readonly DoubleTensor Images = Random.Tensor(
        new TensorShape(1, 3, ChainNetwork.Channels, ChainNetwork.Height, ChainNetwork.Width));
    private static readonly DoubleTensor ImagesDirection = Random.Tensor(Images.Shape);
    private static readonly DoubleTensor Labels = Random.Tensor(new TensorShape(1, 3, ChainNetwork.Classes));
    private static readonly DoubleTensor Weights = Random.Tensor(new TensorShape(1, 3, 1));
    private static readonly ChainResult Result = Run(Parameters, Images);

    [Fact]
    public void Gradient_and_images_cotangent_match_finite_differences_of_the_loss()
        => Derivatives.AssertGradient(
            step => DoubleTensor.Dot(Weights,
            Run(DoubleTensor.Moved(Parameters, step, Direction), DoubleTensor.Moved(Images, step, ImagesDirection)).Loss),
            (Result.Gradient.Value, Direction), (Result.ImagesCotangent.Value, ImagesDirection));

    [Fact]
    public void Hessian_vector_product_matches_finite_differences_of_the_gradient()
        => Derivatives.AssertTangent(step => Run(DoubleTensor.Moved(Parameters, step, Direction), Images).Gradient.Value,
            Result.Gradient.Tangent!);

    [Fact]
    public void Tangent_of_the_images_cotangent_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => Run(DoubleTensor.Moved(Parameters, step, Direction), Images).ImagesCotangent.Value, Result.ImagesCotangent.Tangent!);

    private static ChainResult Run(DoubleTensor parameters, DoubleTensor images)
        => ReferenceChain.Run(1, parameters, Direction, images, Labels, Weights);
}
