using Xunit;

namespace DdmNative.Compute.Tests.Reference;

public sealed class ReferenceSoftmaxCrossEntropyTests
{
    private const int Members = 2;
    private static readonly RandomValues Random = new(16);
    private static readonly DoubleTensor Logits = Random.Tensor(new TensorShape(Members, 3, 4));
    private static readonly DoubleTensor LogitsTangent = Random.Tensor(Logits.Shape);
    private static readonly DoubleTensor Labels = Random.Tensor(Logits.Shape);
    private static readonly DoubleTensor LabelsDirection = Random.Tensor(Logits.Shape);
    private static readonly DoubleTensor Weights = Random.Tensor(new TensorShape(Members, 3, 1));

    [Fact]
    public void Loss_of_equal_logits_is_the_logarithm_of_the_classes()
    {
        var labels = DoubleTensor.FromFloats(new TensorShape(1, 1, 4), [0, 1, 0, 0]);
        Assert.Equal(Math.Log(4), ReferenceSoftmaxCrossEntropy.Loss(1, new DoubleTensor(labels.Shape), labels).Value[0, 0, 0], 1e-12);
    }

    [Fact]
    public void Probabilities_sum_to_one_and_their_tangent_matches_finite_differences()
    {
        DualTensor probabilities = ReferenceSoftmaxCrossEntropy.Probabilities(Members, new(Logits, LogitsTangent));
        Assert.Equal(1, probabilities.Value.Values[..4].Sum(), 1e-12);
        Derivatives.AssertTangent(
            step => ReferenceSoftmaxCrossEntropy.Probabilities(Members, DoubleTensor.Moved(Logits, step, LogitsTangent)).Value,
            probabilities.Tangent!);
    }

    [Fact]
    public void Cotangent_of_the_logits_matches_finite_differences()
        => Derivatives.AssertGradient(
            step => DoubleTensor.Dot(Weights,
            ReferenceSoftmaxCrossEntropy.Loss(Members, DoubleTensor.Moved(Logits, step, LogitsTangent), Labels).Value),
            (ReferenceSoftmaxCrossEntropy.Backward(Members, Logits, Labels, Weights).Value, LogitsTangent));

    [Fact]
    public void Tangent_of_the_cotangent_matches_finite_differences()
        => Derivatives.AssertTangent(
            step => ReferenceSoftmaxCrossEntropy.Backward(Members, DoubleTensor.Moved(Logits, step, LogitsTangent), Labels, Weights).Value,
            ReferenceSoftmaxCrossEntropy.Backward(Members, new(Logits, LogitsTangent), Labels, Weights).Tangent!);

    /// <summary>∂/∂q ⟨δ(q), ż⟩ with the logits held still, by a difference over the labels.</summary>
    [Fact]
    public void Label_cotangent_is_the_mixed_derivative_of_the_loss()
        => Derivatives.AssertGradient(
            step => DoubleTensor.Dot(
                LogitsTangent, ReferenceSoftmaxCrossEntropy.Backward(Members, Logits, DoubleTensor.Moved(Labels, step, LabelsDirection),
                Weights).Value),
            (ReferenceSoftmaxCrossEntropy.LabelCotangent(Members, Logits, LogitsTangent, Weights), LabelsDirection));
}
