using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// Gradients that also compute the samples' products with directions: the gradient is that of the plain call, bit for bit.
/// </summary>
public abstract partial class ConformanceSuite
{
    [ConformanceTheory]
    [Cases(nameof(Cases.Convolutions))]
    public void Sample_products_of_convolution_gradients_match_the_reference(ConvolutionCase testCase)
    {
        using Workbench bench = OpenForProducts(testCase);
        ConvolutionShape shape = testCase.Shape;
        (Operand x, Operand cotangent) = (bench.Input(Images(testCase)), bench.Input(Maps(testCase)));
        (Operand filter, Operand? bias) = (bench.OutputSlice(Filter(testCase)), BiasResult(bench, testCase));
        (Operand plainFilter, Operand? plainBias) = (bench.OutputSlice(Filter(testCase)), BiasResult(bench, testCase));
        Wanted wanted = Want(bench, testCase.Seed, testCase.Samples, shape.FilterLength, testCase.HasBias ? shape.OutputChannels : 0);
        bench.Run(() =>
        {
            bench.Device.Convolution.BackwardFilter(shape, x.Tensor, cotangent.Tensor, plainFilter.Slice, plainBias?.Slice);
            bench.Device.Convolution.BackwardFilter(shape, x.Tensor, cotangent.Tensor, filter.Slice, bias?.Slice, wanted.At(0));
            bench.Device.Convolution.BackwardFilter(shape, x.Tensor, cotangent.Tensor, filter.Slice, bias?.Slice, wanted.At(wanted.Count));
        });
        ExpectSame(plainFilter, filter);
        if (plainBias is not null)
            ExpectSame(plainBias, bias!);
        ExpectProducts(bench, wanted, n =>
        {
            (DoubleTensor ofFilter, DoubleTensor ofBias) = ReferenceConvolution.BackwardFilter(bench.Members, shape, SampleOf(x.Values, n),
                SampleOf(cotangent.Values, n));
            return (ofFilter.Values, testCase.HasBias ? ofBias.Values : []);
        }, ConvolutionTolerance);
    }

    [ConformanceTheory]
    [Cases(nameof(Cases.Matrices))]
    public void Sample_products_of_matrix_gradients_match_the_reference(MatrixCase testCase)
    {
        using Workbench bench = OpenForProducts(testCase);
        (Operand x, Operand cotangent) = (bench.Input(Inputs(testCase)), bench.Input(Outputs(testCase)));
        (Operand weight, Operand? bias) = (bench.OutputSlice(Weight(testCase)), BiasResult(bench, testCase));
        Wanted wanted = Want(bench, testCase.Seed, testCase.Samples, testCase.Inputs * testCase.Outputs,
            testCase.HasBias ? testCase.Outputs : 0);
        bench.Run(() =>
        {
            bench.Device.MatrixProduct.BackwardWeight(x.Tensor, cotangent.Tensor, weight.Slice, bias?.Slice, wanted.At(0));
            bench.Device.MatrixProduct.BackwardWeight(x.Tensor, cotangent.Tensor, weight.Slice, bias?.Slice, wanted.At(wanted.Count));
        });
        (DoubleTensor expectedWeight, DoubleTensor expectedBias) = ReferenceMatrixProduct.BackwardWeight(bench.Members, x.Values,
            cotangent.Values);
        bench.Expect(weight, expectedWeight, ProductTolerance);
        if (bias is not null)
            bench.Expect(bias, expectedBias, ProductTolerance, 0.1 * Math.Sqrt(testCase.Samples));
        ExpectProducts(bench, wanted, n =>
        {
            (DoubleTensor ofWeight, DoubleTensor ofBias) = ReferenceMatrixProduct.BackwardWeight(bench.Members, SampleOf(x.Values, n),
                SampleOf(cotangent.Values, n));
            return (ofWeight.Values, testCase.HasBias ? ofBias.Values : []);
        }, ProductTolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Sample_products_of_instance_norm_gradients_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = OpenForProducts(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand statistics, Operand scale) = (Statistics(bench, testCase, x), ChannelVector(bench, testCase));
        (Operand xCotangent, Operand plainXCotangent) = (bench.Output(testCase.Shape), bench.Output(testCase.Shape));
        (Operand scaleCotangent, Operand shiftCotangent) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        (Operand plainScale, Operand plainShift) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        Wanted wanted = Want(bench, testCase.Seed, testCase.Samples, testCase.Channels, testCase.Channels);
        InstanceNorm norm = bench.Device.InstanceNorm;
        bench.Run(() =>
        {
            norm.Backward(x.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, plainXCotangent.Tensor, plainScale.Slice,
                plainShift.Slice);
            norm.Backward(x.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, xCotangent.Tensor, scaleCotangent.Slice,
                shiftCotangent.Slice, wanted.At(0));
            norm.Backward(x.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, xCotangent.Tensor, scaleCotangent.Slice,
                shiftCotangent.Slice, wanted.At(wanted.Count));
        });
        ExpectSame(plainXCotangent, xCotangent);
        ExpectSame(plainScale, scaleCotangent);
        ExpectSame(plainShift, shiftCotangent);
        ExpectProducts(bench, wanted, n =>
        {
            (_, DualTensor ofScale, DualTensor ofShift) = ReferenceInstanceNorm.Backward(bench.Members, SampleOf(x.Values, n),
                SampleOf(cotangent.Values, n), scale.Values);
            return (ofScale.Value.Values, ofShift.Value.Values);
        }, Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Sample_products_of_frozen_batch_norm_gradients_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = OpenForProducts(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand mean, Operand variance, Operand scale) = (ChannelVector(bench, testCase), Variance(bench, testCase),
            ChannelVector(bench, testCase));
        (Operand xCotangent, Operand plainXCotangent) = (bench.Output(testCase.Shape), bench.Output(testCase.Shape));
        (Operand scaleCotangent, Operand shiftCotangent) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        (Operand plainScale, Operand plainShift) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        Wanted wanted = Want(bench, testCase.Seed, testCase.Samples, testCase.Channels, testCase.Channels);
        FrozenBatchNorm norm = bench.Device.FrozenBatchNorm;
        bench.Run(() =>
        {
            norm.Backward(x.Tensor, mean.Slice, variance.Slice, cotangent.Tensor, scale.Slice, plainXCotangent.Tensor, plainScale.Slice,
                plainShift.Slice);
            norm.Backward(x.Tensor, mean.Slice, variance.Slice, cotangent.Tensor, scale.Slice, xCotangent.Tensor, scaleCotangent.Slice,
                shiftCotangent.Slice, wanted.At(0));
            norm.Backward(x.Tensor, mean.Slice, variance.Slice, cotangent.Tensor, scale.Slice, null, scaleCotangent.Slice,
                shiftCotangent.Slice, wanted.At(wanted.Count));
        });
        ExpectSame(plainXCotangent, xCotangent);
        ExpectSame(plainScale, scaleCotangent);
        ExpectSame(plainShift, shiftCotangent);
        ExpectProducts(bench, wanted, n =>
        {
            (_, DualTensor ofScale, DualTensor ofShift) = ReferenceFrozenBatchNorm.Backward(
                bench.Members, SampleOf(x.Values, n), mean.Values, variance.Values, SampleOf(cotangent.Values, n), scale.Values);
            return (ofScale.Value.Values, ofShift.Value.Values);
        }, Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Sample_products_of_group_norm_gradients_match_the_reference(ImageCase testCase)
    {
        using Workbench bench = OpenForProducts(testCase);
        int groups = Groups(testCase);
        (Operand x, Operand cotangent) = (bench.Input(testCase.Shape), bench.Input(testCase.Shape));
        (Operand statistics, Operand scale) = (GroupStatistics(bench, testCase, x), ChannelVector(bench, testCase));
        (Operand xCotangent, Operand plainXCotangent) = (bench.Output(testCase.Shape), bench.Output(testCase.Shape));
        (Operand scaleCotangent, Operand shiftCotangent) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        (Operand plainScale, Operand plainShift) = (ChannelResult(bench, testCase), ChannelResult(bench, testCase));
        Wanted wanted = Want(bench, testCase.Seed, testCase.Samples, testCase.Channels, testCase.Channels);
        GroupNorm norm = bench.Device.GroupNorm;
        bench.Run(() =>
        {
            norm.Backward(groups, x.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, plainXCotangent.Tensor, plainScale.Slice,
                plainShift.Slice);
            norm.Backward(groups, x.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, xCotangent.Tensor, scaleCotangent.Slice,
                shiftCotangent.Slice, wanted.At(0));
            norm.Backward(groups, x.Tensor, statistics.Tensor, cotangent.Tensor, scale.Slice, xCotangent.Tensor, scaleCotangent.Slice,
                shiftCotangent.Slice, wanted.At(wanted.Count));
        });
        ExpectSame(plainXCotangent, xCotangent);
        ExpectSame(plainScale, scaleCotangent);
        ExpectSame(plainShift, shiftCotangent);
        ExpectProducts(bench, wanted, n =>
        {
            (_, DualTensor ofScale, DualTensor ofShift) = ReferenceGroupNorm.Backward(
                bench.Members, groups, SampleOf(x.Values, n), SampleOf(cotangent.Values, n), scale.Values);
            return (ofScale.Value.Values, ofShift.Value.Values);
        }, Tolerance);
    }

    private Workbench OpenForProducts(IConformanceCase testCase)
    {
        Workbench bench = Open(testCase);
        Skip.IfNot(bench.Device.HasSampleProducts, "the device does not compute sample products");
        return bench;
    }

    /// <summary>One to four directions of a weight and of a bias of some parameters or none, per member or shared.</summary>
    private static Wanted Want(Workbench bench, int seed, int samples, int weights, int biases)
    {
        int count = 1 + seed % 4;
        return new Wanted(count, bench.Input(new TensorShape(1, count, weights), "weight directions"),
            biases == 0 ? null : bench.Input(new TensorShape(1, count, biases), "bias directions"),
            bench.Output(new TensorShape(1, samples, 2 * count), "products"));
    }

    /// <summary>
    /// Both halves of the columns hold ⟨G_n, V_d⟩; errors are relative to ‖G_n‖‖V_d‖, because a product of long vectors may be close to
    /// zero.
    /// </summary>
    private static void ExpectProducts(Workbench bench, Wanted wanted, Func<int, (double[] Weight, double[] Bias)> gradientOf,
        double tolerance)
    {
        (DoubleTensor weights, DoubleTensor? biases) = (wanted.Weights.Values, wanted.Biases?.Values);
        int samples = wanted.Products.Values.Shape.Samples, count = wanted.Count;
        var expected = new DoubleTensor(wanted.Products.Values.Shape);
        double squares = 0;
        for (int n = 0; n < samples; n++)
        {
            (double[] weight, double[] bias) = gradientOf(n);
            for (int e = 0; e < bench.Members; e++)
            {
                ReadOnlySpan<double> ofWeight = Row(weight, e, bench.Members), ofBias = Row(bias, e, bench.Members);
                for (int d = 0; d < count; d++)
                {
                    ReadOnlySpan<double> alongWeight = Direction(weights, e, d), alongBias = biases is null ? [] : Direction(biases, e, d);
                    double product = Dot(ofWeight, alongWeight) + Dot(ofBias, alongBias);
                    squares += (Dot(ofWeight, ofWeight) + Dot(ofBias, ofBias))
                        * (Dot(alongWeight, alongWeight) + Dot(alongBias, alongBias)) / (ofWeight.Length + ofBias.Length);
                    expected[e, n, d] = expected[e, n, count + d] = product;
                }
            }
        }

        // The expected magnitude of a sum of terms with random signs.
        bench.Expect(wanted.Products, expected, 3 * tolerance, Math.Sqrt(squares / (samples * bench.Members * count)));
    }

    private static void ExpectSame(Operand expected, Operand actual)
        => Assert.Equal(expected.Split(expected.Tensor.ToArray()).Own, actual.Split(actual.Tensor.ToArray()).Own);

    private static DoubleTensor SampleOf(DoubleTensor values, int sample)
    {
        var one = new DoubleTensor(values.Shape.WithSamples(1));
        int length = values.Shape.SampleLength, members = values.Shape.Members, samples = values.Shape.Samples;
        for (int e = 0; e < members; e++)
            values.Values.AsSpan((e * samples + sample) * length, length).CopyTo(one.Values.AsSpan(e * length));
        return one;
    }

    private static ReadOnlySpan<double> Row(double[] values, int member, int members)
        => values.AsSpan(member * (values.Length / members), values.Length / members);

    private static ReadOnlySpan<double> Direction(DoubleTensor directions, int member, int d)
    {
        (int samples, int length) = (directions.Shape.Samples, directions.Shape.SampleLength);
        return directions.Values.AsSpan(((directions.Shape.Members == 1 ? 0 : member) * samples + d) * length, length);
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private sealed record Wanted(int Count, Operand Weights, Operand? Biases, Operand Products)
    {
        public SampleProducts At(int column)
            => new(new Slice(Weights.Tensor, 0, Weights.Values.Shape.SampleLength),
                Biases is null ? null : new Slice(Biases.Tensor, 0, Biases.Values.Shape.SampleLength), Products.Tensor, column);
    }
}
