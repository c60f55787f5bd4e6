using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    private static readonly float[] DropoutRates = [0.5f, 0.1f, 0, 0.9f, 0.2f, 1 - 1f / (1 << 24)];

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Dropout_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        float rate = DropoutRates[testCase.Seed % DropoutRates.Length];
        ulong seed = 0xa4093822299f31d0ul * (ulong)testCase.Seed;
        int layer = testCase.Seed % 7 == 0 ? int.MaxValue : testCase.Seed % 4;
        Operand x = bench.Input(testCase.Shape);
        bool isShared = testCase.Members > 1 && (testCase.SharedOperands >> 1 & 1) == 1;
        Operand keys = bench.Input(DropoutKeys(bench, isShared ? 1 : testCase.Members, testCase.Samples), "keys");
        Operand y = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.Dropout.Apply(rate, seed, layer, keys.Tensor, x.Tensor, y.Tensor));
        ExpectDropped(y, ReferenceDropout.Apply(bench.Members, rate, seed, layer, keys.Values, x.Values));
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Dropout_in_place_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        Operand keys = bench.Input(DropoutKeys(bench, 1, testCase.Samples), "keys");
        Operand y = bench.Updated(bench.Random.Tensor(testCase.Shape), "y");
        bench.Run(() => bench.Device.Dropout.Apply(0.25f, 5, 0, keys.Tensor, y.Tensor, y.Tensor));
        ExpectDropped(y, ReferenceDropout.Apply(bench.Members, 0.25f, 5, 0, keys.Values, y.Values));
    }

    /// <summary>A recorded call serves every batch of a training: the samples of one batch in another order have the same masks.</summary>
    [ConformanceFact(UsesProducts = false)]
    public void Dropout_of_a_sample_depends_on_its_keys_and_not_on_its_place()
    {
        const int Samples = 5;
        Device device = owner.Get(CreateDevice);
        var shape = new TensorShape(2, Samples, 6, 3, 5);
        var ones = new float[shape.Length];
        Array.Fill(ones, 1);
        float[] firstKeys = [7, 100, 3, 100, 16777215, 100, 0, 100, 9, 100];
        float[] secondKeys = [9, 100, 0, 100, 16777215, 100, 3, 100, 7, 100];
        float[] laterKeys = [7, 101, 3, 101, 16777215, 101, 0, 101, 9, 101];
        using Tensor x = device.Upload(shape, ones);
        using Tensor y = device.Allocate(shape);
        using Tensor keys = device.Upload(new TensorShape(1, Samples, 2), firstKeys);
        using IPlan plan = device.Record("dropout", () => device.Dropout.Apply(0.5f, 11, 1, keys, x, y));

        float[][] first = Masks(firstKeys), second = Masks(secondKeys), later = Masks(laterKeys);

        for (int n = 0; n < Samples; n++)
        {
            Assert.Equal(first[n], first[Samples + n]);
            Assert.Equal(first[n], second[Samples - 1 - n]);
            Assert.NotEqual(first[n], later[n]);
            Assert.NotEqual(first[n], first[(n + 1) % Samples]);
        }

        float[][] Masks(float[] given)
        {
            keys.Upload(given);
            plan.Run();
            return [.. y.ToArray().Chunk(shape.SampleLength)];
        }
    }

    [ConformanceTheory(UsesProducts = false)]
    [InlineData(-0.1f)]
    [InlineData(1f)]
    [InlineData(float.NaN)]
    public void A_dropout_rate_outside_its_range_is_refused(float rate)
    {
        Device device = owner.Get(CreateDevice);
        using Tensor x = device.Allocate(TensorShape.Vector(1, 4));
        using Tensor keys = device.Allocate(TensorShape.Vector(1, 2));
        Assert.Throws<ArgumentException>(nameof(rate), () => device.Dropout.Apply(rate, 1, 0, keys, x, x));
    }

    /// <summary>Whole numbers up to the largest that are allowed.</summary>
    private static DoubleTensor DropoutKeys(Workbench bench, int members, int samples)
    {
        var keys = new DoubleTensor(new TensorShape(members, samples, 2));
        for (int i = 0; i < keys.Values.Length; i++)
            keys.Values[i] = bench.Random.Below(1 << 24);
        return keys;
    }

    /// <summary>The mask must be exact, and what stays may differ by the rounding of the factor and of the product.</summary>
    private static void ExpectDropped(Operand y, DoubleTensor expected)
    {
        float[] found = y.Tensor.ToArray();
        for (int i = 0; i < found.Length; i++)
            Assert.True(Math.Abs(found[i] - expected.Values[i]) <= 1.2e-7 * Math.Abs(expected.Values[i]),
                $"Element {i} of {found.Length} is {found[i]:R}; expected {expected.Values[i]:R}.");
    }
}
