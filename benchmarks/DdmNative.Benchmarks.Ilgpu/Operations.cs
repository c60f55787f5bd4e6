using DdmNative.Compute;
using DdmNative.Compute.Contracts;

namespace DdmNative.Benchmarks.Ilgpu;

/// <summary>
/// Operations of the contracts, at shapes of the ConvNet of width 128 with two members and few samples: large enough for the tiles of a
/// GPU, small enough for the emulator.
/// </summary>
internal static class Operations
{
    private const int Members = 2;
    private const int Samples = 4;
    private const int Classes = 10;
    private const int Features = 1152;
    private static readonly ConvolutionShape Wide = new(128, 128, 7, 7, 3, 1);
    private static readonly ConvolutionShape First = new(1, 128, 28, 28, 3, 1);
    private static readonly TensorShape Maps = new(Members, Samples, 128, 14, 14);
    private static readonly TensorShape Logits = new(Members, 64, Classes);
    private static readonly TensorShape PerSample = new(Members, 64, 1);
    private static readonly TensorShape Vector = TensorShape.Vector(Members, 150_000);

    /// <summary>A filter, its bias, and a matrix, as the distances see them.</summary>
    private static readonly ParameterBlock[] Blocks = [new(0, 128, Features, true), new(147_456, 128, 1, false),
        new(147_584, 2, 1208, true)];

    public static IReadOnlyList<Operation> All { get; } =
    [
        .. Convolutions("128→128, 7×7", Wide), .. Convolutions("1→128, 28×28", First), .. MatrixProducts(), .. Norms(), .. Pools(),
        .. Losses(), .. Distances(), .. Rest(),
    ];

    private static IEnumerable<Operation> Convolutions(string shapeName, ConvolutionShape shape)
    {
        var images = new TensorShape(Members, Samples, shape.InputChannels, shape.Height, shape.Width);
        var maps = new TensorShape(Members, Samples, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth);
        yield return new($"convolution forward, {shapeName}", (device, inputs) =>
        {
            (Tensor x, Slice filter, Slice bias, Tensor y) = (inputs.Tensor(images), inputs.Slice(Members, shape.FilterLength),
                inputs.Slice(Members, shape.OutputChannels), device.Allocate(maps));
            return (() => device.Convolution.Forward(shape, x, filter, bias, y), [y]);
        });
        yield return new($"convolution forward tangent, {shapeName}", (device, inputs) =>
        {
            (Tensor x, Tensor xTangent, Tensor y) = (inputs.Tensor(images), inputs.Tensor(images), device.Allocate(maps));
            (Slice filter, Slice filterTangent, Slice bias) = (inputs.Slice(1, shape.FilterLength),
                inputs.Slice(Members, shape.FilterLength), inputs.Slice(Members, shape.OutputChannels));
            return (() => device.Convolution.ForwardTangent(shape, x, xTangent, filter, filterTangent, bias, y), [y]);
        });
        yield return new($"convolution backward data, {shapeName}", (device, inputs) =>
        {
            (Tensor cotangent, Slice filter, Tensor x) = (inputs.Tensor(maps), inputs.Slice(1, shape.FilterLength),
                device.Allocate(images));
            return (() => device.Convolution.BackwardData(shape, cotangent, filter, x), [x]);
        });
        yield return new($"convolution backward filter, {shapeName}", (device, inputs) =>
        {
            (Tensor x, Tensor cotangent) = (inputs.Tensor(images), inputs.Tensor(maps));
            (Tensor filter, Tensor bias) = (device.Allocate(TensorShape.Vector(Members, shape.FilterLength)),
                device.Allocate(TensorShape.Vector(Members, shape.OutputChannels)));
            return (() => device.Convolution.BackwardFilter(shape, x, cotangent, filter.AsSlice(), bias.AsSlice()), [filter, bias]);
        });
    }

    private static IEnumerable<Operation> MatrixProducts()
    {
        (var inputsShape, var weight) = (new TensorShape(Members, 64, Features), TensorShape.Vector(Members, Classes * Features));
        yield return new("matrix product forward, 64×1152→10", (device, inputs) =>
        {
            (Tensor x, Slice w, Slice bias, Tensor y) = (inputs.Tensor(inputsShape), inputs.Slice(Members, Classes * Features),
                inputs.Slice(Members, Classes), device.Allocate(Logits));
            return (() => device.MatrixProduct.Forward(x, w, bias, y), [y]);
        });
        yield return new("matrix product backward data, 64×10→1152", (device, inputs) =>
        {
            (Tensor cotangent, Slice w, Tensor x) = (inputs.Tensor(Logits), inputs.Slice(Members, Classes * Features),
                device.Allocate(inputsShape));
            return (() => device.MatrixProduct.BackwardData(cotangent, w, x), [x]);
        });
        yield return new("matrix product backward weight, 64×1152→10", (device, inputs) =>
        {
            (Tensor x, Tensor cotangent) = (inputs.Tensor(inputsShape), inputs.Tensor(Logits));
            (Tensor w, Tensor bias) = (device.Allocate(weight), device.Allocate(TensorShape.Vector(Members, Classes)));
            return (() => device.MatrixProduct.BackwardWeight(x, cotangent, w.AsSlice(), bias.AsSlice()), [w, bias]);
        });
    }

    private static IEnumerable<Operation> Norms()
    {
        yield return new("instance norm forward", (device, inputs) =>
        {
            (Tensor x, Slice scale, Slice shift) = (inputs.Tensor(Maps), inputs.Slice(Members, Maps.Channels),
                inputs.Slice(Members, Maps.Channels));
            (Tensor y, Tensor statistics) = (device.Allocate(Maps), device.Allocate(InstanceNorm.StatisticsShape(Maps)));
            return (() => device.InstanceNorm.Forward(x, scale, shift, y, statistics), [y, statistics]);
        });
        yield return new("instance norm forward tangent", (device, inputs) =>
        {
            (Tensor x, Tensor xTangent, Tensor statistics) = (inputs.Tensor(Maps), inputs.Tensor(Maps),
                inputs.Positive(InstanceNorm.StatisticsShape(Maps)));
            (Slice scale, Slice scaleTangent, Slice shift) = (inputs.Slice(Members, Maps.Channels), inputs.Slice(Members, Maps.Channels),
                inputs.Slice(Members, Maps.Channels));
            Tensor y = device.Allocate(Maps);
            return (() => device.InstanceNorm.ForwardTangent(x, xTangent, statistics, scale, scaleTangent, shift, y), [y]);
        });
        yield return new("instance norm backward", (device, inputs) =>
        {
            (Tensor x, Tensor statistics, Tensor cotangent) = (inputs.Tensor(Maps), inputs.Positive(InstanceNorm.StatisticsShape(Maps)),
                inputs.Tensor(Maps));
            (Slice scale, Tensor result) = (inputs.Slice(Members, Maps.Channels), device.Allocate(Maps));
            (Tensor scaleResult, Tensor shiftResult) = (device.Allocate(TensorShape.Vector(Members, Maps.Channels)),
                device.Allocate(TensorShape.Vector(Members, Maps.Channels)));
            return (() => device.InstanceNorm.Backward(x, statistics, cotangent, scale, result, scaleResult.AsSlice(),
                shiftResult.AsSlice()), [result, scaleResult, shiftResult]);
        });
        yield return new("instance norm backward tangent", (device, inputs) =>
        {
            (Tensor x, Tensor xTangent, Tensor statistics) = (inputs.Tensor(Maps), inputs.Tensor(Maps),
                inputs.Positive(InstanceNorm.StatisticsShape(Maps)));
            (Tensor cotangent, Tensor cotangentTangent, Tensor result) = (inputs.Tensor(Maps), inputs.Tensor(Maps), device.Allocate(Maps));
            (Slice scale, Slice scaleTangent) = (inputs.Slice(Members, Maps.Channels), inputs.Slice(Members, Maps.Channels));
            return (() => device.InstanceNorm.BackwardTangent(x, xTangent, statistics, cotangent, cotangentTangent, scale, scaleTangent,
                result, null, null), [result]);
        });
    }

    private static IEnumerable<Operation> Pools()
    {
        TensorShape pooled = ReluAvgPool.Pooled(2, Maps);
        yield return new("relu and pool forward", (device, inputs) =>
        {
            (Tensor x, Tensor y) = (inputs.Tensor(Maps), device.Allocate(pooled));
            return (() => device.ReluAvgPool.Forward(2, x, y), [y]);
        });
        yield return new("relu and pool forward tangent", (device, inputs) =>
        {
            (Tensor x, Tensor xTangent, Tensor y) = (inputs.Tensor(Maps), inputs.Tensor(Maps), device.Allocate(pooled));
            return (() => device.ReluAvgPool.ForwardTangent(2, x, xTangent, y), [y]);
        });
        yield return new("relu and pool backward", (device, inputs) =>
        {
            (Tensor x, Tensor cotangent, Tensor result) = (inputs.Tensor(Maps), inputs.Tensor(pooled), device.Allocate(Maps));
            return (() => device.ReluAvgPool.Backward(2, x, cotangent, result), [result]);
        });
    }

    private static IEnumerable<Operation> Losses()
    {
        yield return new("softmax probabilities", (device, inputs) =>
        {
            (Tensor z, Tensor result) = (inputs.Tensor(Logits), device.Allocate(Logits));
            return (() => device.SoftmaxCrossEntropy.Probabilities(z, result), [result]);
        });
        yield return new("softmax cross-entropy loss", (device, inputs) =>
        {
            (Tensor z, Tensor q, Tensor result) = (inputs.Tensor(Logits), inputs.Positive(Logits), device.Allocate(PerSample));
            return (() => device.SoftmaxCrossEntropy.Loss(z, q, result), [result]);
        });
        yield return new("softmax cross-entropy backward", (device, inputs) =>
        {
            (Tensor z, Tensor q, Tensor weights, Tensor result) = (inputs.Tensor(Logits), inputs.Positive(Logits),
                inputs.Positive(PerSample), device.Allocate(Logits));
            return (() => device.SoftmaxCrossEntropy.Backward(z, q, weights, result), [result]);
        });
        yield return new("softmax cross-entropy backward tangent", (device, inputs) =>
        {
            (Tensor z, Tensor tangent, Tensor q) = (inputs.Tensor(Logits), inputs.Tensor(Logits), inputs.Positive(Logits));
            (Tensor weights, Tensor result) = (inputs.Positive(PerSample), device.Allocate(Logits));
            return (() => device.SoftmaxCrossEntropy.BackwardTangent(z, tangent, q, weights, result), [result]);
        });
        yield return new("softmax cross-entropy label cotangent", (device, inputs) =>
        {
            (Tensor z, Tensor tangent, Tensor weights, Tensor result) = (inputs.Tensor(Logits), inputs.Tensor(Logits),
                inputs.Positive(PerSample), device.Allocate(Logits));
            return (() => device.SoftmaxCrossEntropy.LabelCotangent(z, tangent, weights, result), [result]);
        });
    }

    private static IEnumerable<Operation> Distances()
        => Enum.GetValues<GradientDistanceKind>().Select(kind => new Operation($"gradient distance, {kind}", (device, inputs) =>
    {
        (Tensor gradient, Tensor target) = (inputs.Tensor(Vector), inputs.Tensor(Vector));
        (Tensor distance, Tensor cotangent) = (device.Allocate(TensorShape.Vector(Members, 1)), device.Allocate(Vector));
        return (() => device.GradientDistance.Evaluate(kind, Blocks, gradient, target, distance, cotangent), [distance, cotangent]);
    }));

    private static IEnumerable<Operation> Rest()
    {
        yield return new("sgd", (device, inputs) =>
        {
            (Tensor values, Tensor velocity, Tensor gradient, Tensor rate) = (inputs.Tensor(Vector), inputs.Tensor(Vector),
                inputs.Tensor(Vector), inputs.Positive(TensorShape.Vector(1, 1)));
            return (() => device.Sgd.Step(values, velocity, gradient, rate, 0.9f), [values, velocity]);
        });
        yield return new("adam", (device, inputs) =>
        {
            var options = new AdamOptions();
            (Tensor values, Tensor first, Tensor second, Tensor gradient) = (inputs.Tensor(Vector), inputs.Tensor(Vector),
                inputs.Positive(Vector), inputs.Tensor(Vector));
            Tensor corrections = device.Upload(TensorShape.Vector(1, 2), options.Corrections(3));
            return (() => device.Adam.Step(options, values, first, second, gradient, corrections), [values, first, second]);
        });
        yield return new("sum over samples", (device, inputs) =>
        {
            (Tensor x, Tensor y) = (inputs.Tensor(Maps), device.Allocate(Maps.WithSamples(1)));
            return (() => device.Reduction.SumSamples(x, y), [y]);
        });
        yield return new("dot product", (device, inputs) =>
        {
            (Tensor a, Tensor b, Tensor y) = (inputs.Positive(Vector), inputs.Positive(Vector),
                device.Allocate(TensorShape.Vector(Members, 1)));
            return (() => device.Reduction.Dot(a, b, y), [y]);
        });
        yield return new("linear combination", (device, inputs) =>
        {
            (Tensor a, Tensor b, Tensor y) = (inputs.Tensor(Vector), inputs.Tensor(Vector), device.Allocate(Vector));
            return (() => device.LinearCombination.Combine(0.75f, a, -2.5f, b, y), [y]);
        });
        yield return new("gather", (device, inputs) =>
        {
            (Tensor source, Tensor indices, Tensor y) = (inputs.Tensor(Maps.WithMembers(1)),
                inputs.Indices(new TensorShape(Members, 8, 1), Samples), device.Allocate(Maps.WithSamples(8)));
            return (() => device.Gather.Samples(source, indices, y), [y]);
        });
        yield return new("flatten", (device, inputs) =>
        {
            (Tensor x, Tensor y) = (inputs.Tensor(Maps), device.Allocate(Maps.Flattened()));
            return (() => device.Flatten.Forward(x, y), [y]);
        });
        yield return new("philox", (device, inputs) =>
        {
            Tensor values = device.Allocate(Vector);
            return (() => device.Philox.FillUniform(values.AsSlice(), -1, 1, 7, 3), [values]);
        });
    }
}
