using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;
using DdmNative.Compute.Split;
using DdmNative.Compute.Tests.Conformance;
using Xunit;

namespace DdmNative.Compute.Tests;

/// <summary>The same bits for any number of threads and any other members, which controls with common random numbers depend on.</summary>
public sealed class CpuDeterminismTests
{
    private const int Samples = 37;
    private const int Sources = 50;
    private const int Steps = 3;
    private static readonly TensorShape SourceShape = new(1, Sources, ChainNetwork.Channels, ChainNetwork.Height, ChainNetwork.Width);
    private static readonly TensorShape LabelShape = new(1, Sources, ChainNetwork.Classes);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void Training_gives_the_same_bits_for_any_number_of_threads(int members)
    {
        int[] start = [.. Enumerable.Range(0, members)];
        float[] single = Train(1, start, AllocateTransient);
        Assert.All(single, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(single, Train(2, start, AllocateTransient));
        Assert.Equal(single, Train(3, start, AllocateTransient));
    }

    [Theory]
    [InlineData("4K,8K")]
    [InlineData("32K,512K")]
    [InlineData("48K,64M")]
    public void Training_gives_the_same_bits_for_caches_of_any_size(string caches)
    {
        using var device = new CpuDevice(2, CpuCaches.Parse(caches));
        using var usual = new CpuDevice(2, new CpuCaches(32 << 10, 1 << 20));

        Assert.Equal(Train(usual, [3, 4, 5], AllocateTransient), Train(device, [3, 4, 5], AllocateTransient));
    }

    [Fact]
    public void A_member_has_the_same_bits_alone_and_in_an_ensemble()
    {
        float[] together = Train(2, [4, 7, 9, 2, 5], AllocateTransient);
        float[] alone = Train(2, [9], AllocateTransient);
        Assert.Equal(alone, together[(2 * ChainNetwork.ParameterCount)..(3 * ChainNetwork.ParameterCount)]);
    }

    [Theory]
    [InlineData("4K,8K")]
    [InlineData("48K,64M")]
    public void Members_that_share_a_matrix_have_the_bits_of_each_alone(string caches)
    {
        const int Members = 21, Inputs = 1300, Outputs = 33;
        using var device = new CpuDevice(2, CpuCaches.Parse(caches));
        float[] rows = Values(TensorShape.Vector(Members, Inputs), 1), matrix = Values(TensorShape.Vector(1, (Inputs + 1) * Outputs), 2);

        Assert.Equal([.. rows.Chunk(Inputs).SelectMany(Multiply)], Multiply(rows));

        float[] Multiply(float[] x)
        {
            int members = x.Length / Inputs;
            using Tensor input = device.Upload(TensorShape.Vector(members, Inputs), x);
            using Tensor weights = device.Upload(TensorShape.Vector(1, matrix.Length), matrix);
            using Tensor output = device.Allocate(TensorShape.Vector(members, Outputs));
            device.MatrixProduct.Forward(
                input, new Slice(weights, 0, Inputs * Outputs), new Slice(weights, Inputs * Outputs, Outputs), output);
            return output.ToArray();
        }
    }

    [Fact]
    public void Transient_intermediates_give_the_bits_of_persistent_ones()
        => Assert.Equal(Train(2, [1, 2, 3], (device, shape) => device.Allocate(shape)), Train(2, [1, 2, 3], AllocateTransient));

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(5, 2)]
    [InlineData(5, 3)]
    public void Devices_that_share_an_ensemble_give_the_bits_of_one(int members, int devices)
    {
        int[] start = [.. Enumerable.Range(0, members)];
        using var split = new SplitDevice([.. Enumerable.Range(0, devices).Select(_ => new CpuDevice(1))]);

        Assert.Equal(Train(1, start, AllocateTransient), Train(split, start, AllocateTransient));
    }

    /// <summary>Kernel size, padding, stride; channels in and out.</summary>
    public static TheoryData<int, int, int, int, int> Strided => new()
    {
        { 3, 1, 2, 16, 33 }, { 1, 0, 2, 32, 64 }, { 5, 2, 2, 3, 8 }, { 7, 3, 2, 3, 16 }, { 3, 1, 3, 8, 5 }, { 2, 1, 3, 4, 4 },
        { 1, 0, 1, 32, 40 },
    };

    [Theory]
    [MemberData(nameof(Strided))]
    public void Strided_convolutions_have_the_same_bits_for_any_threads_caches_devices_and_members(int kernelSize, int padding, int stride,
        int inputs, int outputs)
    {
        var shape = new ConvolutionShape(inputs, outputs, 13, 12, kernelSize, padding, stride);
        float[] expected = Run(new CpuDevice(1), [1, 2, 3, 4, 5]);
        Assert.All(expected, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(expected, Run(new CpuDevice(2), [1, 2, 3, 4, 5]));
        Assert.Equal(expected, Run(new CpuDevice(3), [1, 2, 3, 4, 5]));
        Assert.Equal(expected, Run(new CpuDevice(2, new CpuCaches(4 << 10, 8 << 10, 8 << 10)), [1, 2, 3, 4, 5]));
        Assert.Equal(expected, Run(new SplitDevice([new CpuDevice(1), new CpuDevice(1)]), [1, 2, 3, 4, 5]));
        int length = expected.Length / 5;
        Assert.Equal(expected[(2 * length)..(3 * length)], Run(new CpuDevice(3), [3]));

        float[] Run(Device device, int[] seeds)
        {
            using (device)
                return Convolve(device, shape, seeds);
        }
    }

    /// <summary>All operations of one layer without a bias; the results member by member.</summary>
    private static float[] Convolve(Device device, ConvolutionShape shape, int[] memberSeeds)
    {
        int members = memberSeeds.Length;
        TensorShape images = new(members, Samples, shape.InputChannels, shape.Height, shape.Width),
            maps = new(members, Samples, shape.OutputChannels, shape.OutputHeight, shape.OutputWidth),
            filters = TensorShape.Vector(members, shape.FilterLength);
        List<Tensor> tensors = [];
        Tensor Drawn(TensorShape of, int seed) => Keep(device.Upload(of,
            [.. memberSeeds.SelectMany(member => Values(of.WithMembers(1), 10 * member + seed))]));
        Tensor Result(TensorShape of) => Keep(device.Allocate(of));
        (Tensor x, Tensor xTangent, Tensor cotangent, Tensor cotangentTangent) =
            (Drawn(images, 1), Drawn(images, 2), Drawn(maps, 3), Drawn(maps, 4));
        (Slice filter, Slice filterTangent) = (Drawn(filters, 5).AsSlice(), Drawn(filters, 6).AsSlice());
        Tensor[] results = [Result(maps), Result(maps), Result(images), Result(images), Result(filters), Result(filters)];
        using (IPlan plan = device.Record("layer", () =>
        {
            device.Convolution.Forward(shape, x, filter, null, results[0]);
            device.Convolution.ForwardTangent(shape, x, xTangent, filter, filterTangent, null, results[1]);
            device.Convolution.BackwardData(shape, cotangent, filter, results[2]);
            device.Convolution.BackwardDataTangent(shape, cotangent, cotangentTangent, filter, filterTangent, results[3]);
            device.Convolution.BackwardFilter(shape, x, cotangent, results[4].AsSlice(), null);
            device.Convolution.BackwardFilterTangent(shape, x, xTangent, cotangent, cotangentTangent, results[5].AsSlice(), null);
        }))
            plan.Run();
        float[][] all = [.. results.Select(result => result.ToArray())];
        tensors.ForEach(tensor => tensor.Dispose());
        return [.. Enumerable.Range(0, members).SelectMany(
            member => all.SelectMany(values => values.Skip(member * (values.Length / members)).Take(values.Length / members)))];

        Tensor Keep(Tensor tensor)
        {
            tensors.Add(tensor);
            return tensor;
        }
    }

    private static Tensor AllocateTransient(Device device, TensorShape shape) => device.AllocateTransient(shape);

    /// <summary>Trains one member per seed, each with its own initialisation and order of samples, and returns all parameters.</summary>
    private static float[] Train(int threads, int[] memberSeeds, Func<Device, TensorShape, Tensor> allocate)
    {
        using var device = new CpuDevice(threads);
        return Train(device, memberSeeds, allocate);
    }

    private static float[] Train(Device device, int[] memberSeeds, Func<Device, TensorShape, Tensor> allocate)
    {
        int members = memberSeeds.Length;
        TensorShape vector = TensorShape.Vector(members, ChainNetwork.ParameterCount);
        List<Tensor> tensors = [];
        Tensor source = Upload(SourceShape, Values(SourceShape, 100));
        Tensor labelSource = Upload(LabelShape, Values(LabelShape, 101));
        Tensor parameters = Upload(vector,
            [.. memberSeeds.SelectMany(seed => Values(TensorShape.Vector(1, ChainNetwork.ParameterCount), seed))]);
        Tensor velocity = Upload(vector, new float[vector.Length]);
        Tensor weights = Upload(new TensorShape(1, Samples, 1), [.. Enumerable.Repeat(1f / Samples, Samples)]);
        Tensor rate = Upload(TensorShape.Vector(1, 1), [0.05f]);
        Tensor order = Upload(new TensorShape(members, Samples, 1), new float[members * Samples]);
        Tensor images = Intermediate(new TensorShape(members, Samples, ChainNetwork.Channels, ChainNetwork.Height, ChainNetwork.Width));
        Tensor labels = Intermediate(new TensorShape(members, Samples, ChainNetwork.Classes));
        Tensor gradient = Intermediate(vector);
        var chain = new DeviceChain(device, Samples, shape => Intermediate(shape.WithMembers(members)));
        using (IPlan plan = device.Record("training step", () =>
        {
            device.Gather.Samples(source, order, images);
            device.Gather.Samples(labelSource, order, labels);
            chain.Forward(parameters, images);
            chain.Backward(parameters, images, labels, weights, gradient, null);
            device.Sgd.Step(parameters, velocity, gradient, rate, 0.9f);
        }))
            for (int step = 0; step < Steps; step++)
            {
                order.Upload([.. memberSeeds.SelectMany(seed => Order(seed * 10 + step))]);
                plan.Run();
            }
        float[] result = parameters.ToArray();
        tensors.ForEach(tensor => tensor.Dispose());
        return result;

        Tensor Upload(TensorShape shape, float[] values) => Keep(device.Upload(shape, values));

        Tensor Intermediate(TensorShape shape) => Keep(allocate(device, shape));

        Tensor Keep(Tensor tensor)
        {
            tensors.Add(tensor);
            return tensor;
        }
    }

    private static IEnumerable<float> Order(int seed)
    {
        var random = new RandomValues(1000 + seed);
        return Enumerable.Range(0, Samples).Select(_ => (float)random.Below(Sources));
    }

    private static float[] Values(TensorShape shape, int seed)
        => [.. new RandomValues(seed).Tensor(shape).Values.Select(value => (float)value)];
}
