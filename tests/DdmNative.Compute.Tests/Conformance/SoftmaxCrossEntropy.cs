using DdmNative.Compute.Tests.Reference;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.Logits))]
    public void Softmax_probabilities_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand logits, Operand probabilities) = (bench.Input(testCase.Shape), bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.SoftmaxCrossEntropy.Probabilities(logits.Tensor, probabilities.Tensor));
        bench.Expect(probabilities, ReferenceSoftmaxCrossEntropy.Probabilities(bench.Members, logits.Values).Value, Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.Logits))]
    public void Cross_entropy_loss_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand logits, Operand labels, Operand loss) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape),
            bench.Output(PerSample(testCase)));
        bench.Run(() => bench.Device.SoftmaxCrossEntropy.Loss(logits.Tensor, labels.Tensor, loss.Tensor));
        bench.Expect(loss, ReferenceSoftmaxCrossEntropy.Loss(bench.Members, logits.Values, labels.Values).Value, Tolerance, floor: 0.1);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.Logits))]
    public void Cross_entropy_cotangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand logits, Operand labels, Operand weights) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape),
            bench.Input(PerSample(testCase)));
        Operand cotangent = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.SoftmaxCrossEntropy.Backward(logits.Tensor, labels.Tensor, weights.Tensor, cotangent.Tensor));
        bench.Expect(
            cotangent, ReferenceSoftmaxCrossEntropy.Backward(bench.Members, logits.Values, labels.Values, weights.Values).Value, Tolerance,
            floor: 0.1);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.Logits))]
    public void Tangent_of_cross_entropy_cotangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand logits, Operand tangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand labels, Operand weights, Operand result) = (bench.Input(testCase.Shape), bench.Input(PerSample(testCase)),
            bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.SoftmaxCrossEntropy.BackwardTangent(logits.Tensor, tangent.Tensor, labels.Tensor, weights.Tensor,
            result.Tensor));
        DualTensor expected = ReferenceSoftmaxCrossEntropy.Backward(bench.Members, new(logits.Values, tangent.Values), labels.Values,
            weights.Values);
        bench.Expect(result, expected.Tangent!, Tolerance, floor: 0.05);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.Logits))]
    public void Cotangent_of_learned_labels_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        (Operand logits, Operand tangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand weights, Operand result) = (bench.Input(PerSample(testCase)), bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.SoftmaxCrossEntropy.LabelCotangent(logits.Tensor, tangent.Tensor, weights.Tensor, result.Tensor));
        bench.Expect(
            result, ReferenceSoftmaxCrossEntropy.LabelCotangent(bench.Members, logits.Values, tangent.Values, weights.Values), Tolerance,
            floor: 0.1);
    }

    /// <summary>Logits of ±200, whose exponentials overflow float32, and a label vector that sums to zero.</summary>
    [ConformanceFact(UsesProducts = false)]
    public void Cross_entropy_of_extreme_logits_neither_overflows_nor_becomes_nan()
    {
        using Workbench bench = Open(new ImageCase(3, 4, 1, 1, 1, 0, 10));
        var shape = new TensorShape(1, 3, 4);
        var extreme = DoubleTensor.FromFloats(shape, [200, -200, 0, 1, -200, -200, -200, -200, 200, 200, 199, -3]);
        var push = DoubleTensor.FromFloats(shape, [0, 1, 0, 0, 0.5f, -0.5f, 1, -1, 1, 0, 0, 0]);
        (Operand logits, Operand labels, Operand weights) = (bench.Input(extreme), bench.Input(push),
            bench.Input(new TensorShape(1, 3, 1)));
        (Operand loss, Operand cotangent, Operand probabilities) = (bench.Output(new TensorShape(1, 3, 1)), bench.Output(shape),
            bench.Output(shape));
        bench.Run(() =>
        {
            bench.Device.SoftmaxCrossEntropy.Loss(logits.Tensor, labels.Tensor, loss.Tensor);
            bench.Device.SoftmaxCrossEntropy.Backward(logits.Tensor, labels.Tensor, weights.Tensor, cotangent.Tensor);
            bench.Device.SoftmaxCrossEntropy.Probabilities(logits.Tensor, probabilities.Tensor);
        });
        bench.Expect(loss, ReferenceSoftmaxCrossEntropy.Loss(1, logits.Values, labels.Values).Value, Tolerance);
        bench.Expect(cotangent, ReferenceSoftmaxCrossEntropy.Backward(1, logits.Values, labels.Values, weights.Values).Value, Tolerance);
        bench.Expect(probabilities, ReferenceSoftmaxCrossEntropy.Probabilities(1, logits.Values).Value, Tolerance);
    }

    private static TensorShape PerSample(ImageCase c) => new(c.Members, c.Samples, 1);
}
