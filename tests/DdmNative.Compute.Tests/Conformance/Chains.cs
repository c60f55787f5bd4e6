using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>Whole passes in one plan, in which each kernel reads the intermediates of the one before.</summary>
public abstract partial class ConformanceSuite
{
    /// <summary>Bits of the inputs: parameters, images, labels, weights, target.</summary>
    public static TheoryData<ImageCase> ChainCases
    {
        get
        {
            var data = new TheoryData<ImageCase>();
            foreach (int samples in new[] { 1, 2, 5, 16, 17, 70 })
            {
                data.Add(Chain(samples, 1, 0));
                foreach (int shared in new[] { 0, 1, 2, 3, 12, 31 })
                    data.Add(Chain(samples, 3, shared));
            }
            data.Add(Chain(9, 8, 1));
            data.Add(Chain(200, 1, 0));
            return Cases.Sample(data);

            static ImageCase Chain(int samples, int members, int shared)
                => new(samples, ChainNetwork.Channels, ChainNetwork.Height, ChainNetwork.Width, members, shared, 1000 + samples);
        }
    }

    [ConformanceTheory]
    [Cases(nameof(ChainCases))]
    public void A_pass_in_one_plan_gives_every_parameter_gradient_and_the_images_cotangent(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        ChainOperands o = new(bench, testCase);
        (Operand loss, Operand gradient) = (bench.Output(PerSample(testCase)),
            bench.Output(TensorShape.Vector(1, ChainNetwork.ParameterCount)));
        Operand imagesCotangent = bench.Output(testCase.Shape);
        var chain = new DeviceChain(bench.Device, testCase.Samples, bench.Transient);
        bench.RunAsPlan(() =>
        {
            chain.Forward(o.Parameters.Tensor, o.Images.Tensor);
            bench.Device.SoftmaxCrossEntropy.Loss(chain.Logits, o.Labels.Tensor, loss.Tensor);
            chain.Backward(o.Parameters.Tensor, o.Images.Tensor, o.Labels.Tensor, o.Weights.Tensor, gradient.Tensor,
                imagesCotangent.Tensor);
        });
        ChainResult expected = o.Reference(new DoubleTensor(o.Parameters.Values.Shape));
        bench.Expect(loss, expected.Loss, ChainTolerance);
        bench.Expect(gradient, expected.Gradient.Value, ChainTolerance);
        bench.Expect(imagesCotangent, expected.ImagesCotangent.Value, ChainTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(ChainCases))]
    public void Matching_in_one_plan_takes_its_direction_from_the_gradient_just_computed(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        ChainOperands o = new(bench, testCase);
        Operand target = bench.Input(TensorShape.Vector(1, ChainNetwork.ParameterCount));
        (Operand distance, Operand direction) = (bench.Output(TensorShape.Vector(1, 1)),
            bench.Output(TensorShape.Vector(1, ChainNetwork.ParameterCount)));
        (Operand imagesResult, Operand labelsResult) = (bench.Output(testCase.Shape), bench.Output(ChainOperands.LogitsShape(testCase)));
        Tensor gradient = bench.Transient(TensorShape.Vector(1, ChainNetwork.ParameterCount));
        var chain = new DeviceChain(bench.Device, testCase.Samples, bench.Transient);
        (Tensor parameters, Tensor images) = (o.Parameters.Tensor, o.Images.Tensor);
        bench.RunAsPlan(() =>
        {
            chain.Forward(parameters, images);
            chain.Backward(parameters, images, o.Labels.Tensor, o.Weights.Tensor, gradient, null);
            bench.Device.GradientDistance.Evaluate(
                GradientDistanceKind.Relative, ChainNetwork.ParameterBlocks, gradient, target.Tensor, distance.Tensor, direction.Tensor);
            chain.ForwardTangent(parameters, direction.Tensor, images);
            chain.BackwardTangent(parameters, direction.Tensor, images, o.Labels.Tensor, o.Weights.Tensor, null, imagesResult.Tensor);
            bench.Device.SoftmaxCrossEntropy.LabelCotangent(chain.Logits, chain.LogitsTangent, o.Weights.Tensor, labelsResult.Tensor);
        });
        DoubleTensor primal = o.Reference(new DoubleTensor(o.Parameters.Values.Shape)).Gradient.Value;
        (DoubleTensor expectedDistance, DoubleTensor expectedDirection) = ReferenceGradientDistance.Evaluate(
            bench.Members, GradientDistanceKind.Relative, ChainNetwork.ParameterBlocks, primal, target.Values);
        ChainResult expected = o.Reference(expectedDirection);
        bench.Expect(distance, expectedDistance, ChainTolerance);
        bench.Expect(direction, expectedDirection, ChainTolerance);
        bench.Expect(imagesResult, expected.ImagesCotangent.Tangent!, ChainTolerance);
        bench.Expect(
            labelsResult,
            ReferenceSoftmaxCrossEntropy.LabelCotangent(bench.Members, expected.Logits.Value, expected.Logits.Tangent!, o.Weights.Values),
            ChainTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(ChainCases))]
    public void A_hessian_vector_product_in_one_plan_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        ChainOperands o = new(bench, testCase);
        Operand direction = bench.Input(TensorShape.Vector(1, ChainNetwork.ParameterCount));
        (Operand product, Operand imagesResult) = (bench.Output(TensorShape.Vector(1, ChainNetwork.ParameterCount)),
            bench.Output(testCase.Shape));
        Tensor gradient = bench.Transient(TensorShape.Vector(1, ChainNetwork.ParameterCount));
        var chain = new DeviceChain(bench.Device, testCase.Samples, bench.Transient);
        (Tensor parameters, Tensor images) = (o.Parameters.Tensor, o.Images.Tensor);
        bench.RunAsPlan(() =>
        {
            chain.Forward(parameters, images);
            chain.Backward(parameters, images, o.Labels.Tensor, o.Weights.Tensor, gradient, null);
            chain.ForwardTangent(parameters, direction.Tensor, images);
            chain.BackwardTangent(parameters, direction.Tensor, images, o.Labels.Tensor, o.Weights.Tensor, product.Tensor,
                imagesResult.Tensor);
        });
        ChainResult expected = o.Reference(direction.Values);
        bench.Expect(product, expected.Gradient.Tangent!, ChainTolerance);
        bench.Expect(imagesResult, expected.ImagesCotangent.Tangent!, ChainTolerance);
    }

    /// <summary>
    /// Three steps of gather, forward, backward and update in one plan: every step must see the parameters that the one before it wrote.
    /// </summary>
    [ConformanceTheory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(20, 1)]
    [InlineData(20, 3)]
    [InlineData(20, 8)]
    public void Training_steps_in_one_plan_follow_each_other(int samples, int members)
    {
        const int Steps = 3;
        var testCase = new ImageCase(samples, ChainNetwork.Channels, ChainNetwork.Height, ChainNetwork.Width, members, 3, 70 + samples);
        using Workbench bench = Open(testCase);
        (Operand source, Operand labelSource) = (bench.Input(testCase.Shape.WithSamples(30)),
            bench.Input(new TensorShape(1, 30, ChainNetwork.Classes)));
        Operand weights = bench.Input(PerSample(testCase));
        Operand rate = bench.Input(DoubleTensor.FromFloats(TensorShape.Vector(1, 1), [0.05f / samples]));
        Operand[] indices = [.. Enumerable.Range(0, Steps)
            .Select(_ => bench.Input(Indices(bench, new TensorShape(members, samples, 1), 30), "indices"))];
        Operand parameters = bench.Updated(bench.Random.Vector(members, ChainNetwork.ParameterCount), "parameters");
        Operand velocity = bench.Updated(bench.Random.Vector(members, ChainNetwork.ParameterCount), "velocity");
        (Tensor gradient, Tensor images) = (bench.Transient(parameters.Values.Shape), bench.Transient(testCase.Shape));
        Tensor labels = bench.Transient(ChainOperands.LogitsShape(testCase));
        var chain = new DeviceChain(bench.Device, samples, bench.Transient);
        bench.RunAsPlan(() =>
        {
            foreach (Operand picked in indices)
            {
                bench.Device.Gather.Samples(source.Tensor, picked.Tensor, images);
                bench.Device.Gather.Samples(labelSource.Tensor, picked.Tensor, labels);
                chain.Forward(parameters.Tensor, images);
                chain.Backward(parameters.Tensor, images, labels, weights.Tensor, gradient, null);
                bench.Device.Sgd.Step(parameters.Tensor, velocity.Tensor, gradient, rate.Tensor, 0.9f);
            }
        });
        (DoubleTensor theta, DoubleTensor momentum) = (parameters.Values, velocity.Values);
        foreach (Operand picked in indices)
        {
            DoubleTensor batch = ReferenceGather.Samples(members, source.Values, picked.Values);
            DoubleTensor batchLabels = ReferenceGather.Samples(members, labelSource.Values, picked.Values);
            DoubleTensor slope = ReferenceChain.Run(members, theta, new DoubleTensor(theta.Shape), batch, batchLabels,
                weights.Values).Gradient.Value;
            (theta, momentum) = ReferenceSgd.Step(theta, momentum, slope, rate.Values, 0.9f);
        }
        bench.Expect(parameters, theta, ChainTolerance);
        bench.Expect(velocity, momentum, ChainTolerance);
    }

    /// <summary>
    /// Maps so wide that a device processes only a few samples at a time: its sums over samples continue from block to block.
    /// </summary>
    [ConformanceTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_block_of_wide_maps_is_right_however_many_samples_are_in_flight(int members)
    {
        var testCase = new ConvolutionCase(2, 16, 32, 32, 3, 1, 70, members, 2, 90);
        using Workbench bench = Open(testCase);
        ConvolutionShape shape = testCase.Shape;
        (Operand x, Operand filter, Operand bias) = (bench.Input(Images(testCase)), bench.InputSlice(Filter(testCase)),
            bench.InputSlice(Bias(testCase)));
        (Operand scale, Operand shift) = (bench.InputSlice(Bias(testCase)), bench.InputSlice(Bias(testCase)));
        TensorShape pooledShape = ReluAvgPool.Pooled(2, Maps(testCase));
        Operand cotangent = bench.Input(pooledShape);
        (Operand filterResult, Operand biasResult) = (bench.OutputSlice(Filter(testCase)), bench.OutputSlice(Bias(testCase)));
        (Operand scaleResult, Operand shiftResult) = (bench.OutputSlice(Bias(testCase)), bench.OutputSlice(Bias(testCase)));
        (Operand pooled, Operand xResult) = (bench.Output(pooledShape), bench.Output(Images(testCase)));
        (Tensor maps, Tensor normalised) = (bench.Transient(Maps(testCase)), bench.Transient(Maps(testCase)));
        (Tensor mapsCotangent, Tensor normalisedCotangent) = (bench.Transient(Maps(testCase)), bench.Transient(Maps(testCase)));
        Tensor statistics = bench.Transient(InstanceNorm.StatisticsShape(Maps(testCase)));
        Device device = bench.Device;
        bench.RunAsPlan(() =>
        {
            device.Convolution.Forward(shape, x.Tensor, filter.Slice, bias.Slice, maps);
            device.InstanceNorm.Forward(maps, scale.Slice, shift.Slice, normalised, statistics);
            device.ReluAvgPool.Forward(2, normalised, pooled.Tensor);
            device.ReluAvgPool.Backward(2, normalised, cotangent.Tensor, normalisedCotangent);
            device.InstanceNorm.Backward(maps, statistics, normalisedCotangent, scale.Slice, mapsCotangent, scaleResult.Slice,
                shiftResult.Slice);
            device.Convolution.BackwardFilter(shape, x.Tensor, mapsCotangent, filterResult.Slice, biasResult.Slice);
            device.Convolution.BackwardData(shape, mapsCotangent, filter.Slice, xResult.Tensor);
        });
        DoubleTensor y = ReferenceConvolution.Forward(members, shape, x.Values, filter.Values, bias.Values);
        DoubleTensor z = ReferenceInstanceNorm.Forward(members, y, scale.Values, shift.Values).Value;
        DoubleTensor zCotangent = ReferenceReluAvgPool.Backward(members, 2, z, cotangent.Values);
        (DualTensor yCotangent, DualTensor expectedScale, DualTensor expectedShift) =
            ReferenceInstanceNorm.Backward(members, y, zCotangent, scale.Values);
        (DoubleTensor expectedFilter, DoubleTensor expectedBias) = ReferenceConvolution.BackwardFilter(members, shape, x.Values,
            yCotangent.Value);
        bench.Expect(pooled, ReferenceReluAvgPool.Forward(members, 2, z), ChainTolerance);
        bench.Expect(scaleResult, expectedScale.Value, ChainTolerance);
        bench.Expect(shiftResult, expectedShift.Value, ChainTolerance);
        bench.Expect(filterResult, expectedFilter, ChainTolerance);
        // The norm removes the mean of every map's cotangent, so the bias's gradient is zero except for rounding.
        bench.Expect(biasResult, expectedBias, ChainTolerance, floor: SumFloor(testCase));
        bench.Expect(xResult, ReferenceConvolution.BackwardData(members, shape, yCotangent.Value, filter.Values), ChainTolerance);
    }

    /// <summary>A permutation reads samples that other tiles write: before the gather into its source, and after it.</summary>
    [ConformanceTheory(UsesProducts = false)]
    [InlineData(1)]
    [InlineData(3)]
    public void Gathers_wait_for_their_source_and_writes_wait_for_gathers(int members)
    {
        var testCase = new ImageCase(40, 3, 4, 5, members, 0, 80);
        using Workbench bench = Open(testCase);
        (Operand x, Operand z) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        Operand order = bench.Input(Indices(bench, new TensorShape(members, 40, 1), 40));
        (Operand source, Operand picked) = (bench.Output(testCase.Shape), bench.Output(testCase.Shape));
        bench.RunAsPlan(() =>
        {
            bench.Device.LinearCombination.Combine(2, x.Tensor, 1, z.Tensor, source.Tensor);
            bench.Device.Gather.Samples(source.Tensor, order.Tensor, picked.Tensor);
            bench.Device.LinearCombination.Copy(z.Tensor, source.Tensor);
        });
        DoubleTensor before = DoubleTensor.Combine(members, 2, x.Values, 1, z.Values);
        bench.Expect(picked, ReferenceGather.Samples(members, before, order.Values), Tolerance);
        bench.Expect(source, z.Values, 0);
    }

    private static DoubleTensor Indices(Workbench bench, TensorShape shape, int sources)
    {
        var indices = new DoubleTensor(shape);
        for (int i = 0; i < indices.Values.Length; i++)
            indices.Values[i] = bench.Random.Below(sources);
        return indices;
    }

    /// <summary>The operands that every chain reads, drawn in the order of the sharing bits.</summary>
    private sealed class ChainOperands(Workbench bench, ImageCase testCase)
    {
        public Operand Parameters { get; } = bench.Input(TensorShape.Vector(1, ChainNetwork.ParameterCount), "parameters");

        public Operand Images { get; } = bench.Input(testCase.Shape, "images");

        public Operand Labels { get; } = bench.Input(LogitsShape(testCase), "labels");

        public Operand Weights { get; } = bench.Input(PerSample(testCase), "weights");

        public static TensorShape LogitsShape(ImageCase c) => new(1, c.Samples, ChainNetwork.Classes);

        public ChainResult Reference(DoubleTensor direction)
            => ReferenceChain.Run(bench.Members, Parameters.Values, direction, Images.Values, Labels.Values, Weights.Values);
    }
}
