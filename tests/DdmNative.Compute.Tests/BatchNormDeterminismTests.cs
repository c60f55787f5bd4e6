using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;
using DdmNative.Compute.Split;
using Xunit;

namespace DdmNative.Compute.Tests;

/// <summary>
/// A batch norm crosses the samples of a member. Its bits are nevertheless the same for any number of threads, any caches and any other
/// members, and its steps allocate nothing.
/// </summary>
public sealed class BatchNormDeterminismTests
{
    private const int Sources = 50;
    private const int Channels = 19;
    private const int Height = 5;
    private const int Width = 4;

    [Theory]
    [InlineData(1, 37)]
    [InlineData(2, 37)]
    [InlineData(5, 64)]
    [InlineData(8, 5)]
    public void Steps_give_the_same_bits_for_any_number_of_threads(int members, int samples)
    {
        int[] seeds = [.. Enumerable.Range(0, members)];
        float[] single = Train(1, seeds, samples);
        Assert.All(single, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(single, Train(2, seeds, samples));
        Assert.Equal(single, Train(3, seeds, samples));
    }

    [Fact]
    public void A_member_has_the_same_bits_alone_and_in_an_ensemble()
    {
        float[] together = Train(2, [4, 7, 9, 2, 5], 37), alone = Train(2, [9], 37);
        Assert.Equal(alone, together[(2 * alone.Length)..(3 * alone.Length)]);
    }

    [Theory]
    [InlineData("4K,8K")]
    [InlineData("48K,64M")]
    public void Steps_give_the_same_bits_for_caches_of_any_size(string caches)
    {
        using var device = new CpuDevice(2, CpuCaches.Parse(caches));
        using Steps steps = new(device, [3, 4, 5], 37, device.AllocateTransient);
        Assert.Equal(steps.Run(3), Train(2, [3, 4, 5], 37));
    }

    [Fact]
    public void Transient_intermediates_give_the_bits_of_persistent_ones()
    {
        using var device = new CpuDevice(2);
        using Steps steps = new(device, [1, 2, 3], 37, device.Allocate);
        Assert.Equal(steps.Run(3), Train(2, [1, 2, 3], 37));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Devices_that_share_an_ensemble_give_the_bits_of_one(int members)
    {
        int[] seeds = [.. Enumerable.Range(0, members)];
        using var split = new SplitDevice([new CpuDevice(1), new CpuDevice(1)]);
        using Steps steps = new(split, seeds, 37, split.AllocateTransient);
        Assert.Equal(steps.Run(3), Train(1, seeds, 37));
    }

    [Theory]
    [InlineData(1, 37)]
    [InlineData(3, 5)]
    public void A_step_allocates_nothing(int members, int samples)
    {
        using var device = new CpuDevice(1);
        using Steps steps = new(device, [.. Enumerable.Range(0, members)], samples, device.AllocateTransient);
        steps.Run(3);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int run = 0; run < 20; run++)
            steps.RunOnce();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static float[] Train(int threads, int[] memberSeeds, int samples)
    {
        using var device = new CpuDevice(threads);
        using Steps steps = new(device, memberSeeds, samples, device.AllocateTransient);
        return steps.Run(3);
    }

    /// <summary>
    /// Steps of a norm alone, with all of its operations: γ, β and the running statistics of each member, over batches that are gathered in
    /// the member's own order, of which some samples are absent.
    /// </summary>
    private sealed class Steps : IDisposable
    {
        private readonly List<Tensor> _tensors = [];
        private readonly int[] _seeds;
        private readonly int _samples;
        private readonly Tensor _order;
        private readonly Tensor _parameters;
        private readonly Tensor _sums;
        private readonly IPlan _plan;

        public Steps(Device device, int[] seeds, int samples, Func<TensorShape, Tensor> allocate)
        {
            (_seeds, _samples, int members) = (seeds, samples, seeds.Length);
            var images = new TensorShape(members, samples, Channels, Height, Width);
            TensorShape source = new(1, Sources, Channels, Height, Width), vector = TensorShape.Vector(members, 4 * Channels);
            Tensor pictures = Keep(device.Upload(source, Values(source, 100)));
            Tensor weights = Keep(device.Upload(new TensorShape(1, Sources, 1), [.. Enumerable.Range(0, Sources).Select(i => i % 4)]));
            Tensor rate = Keep(device.Upload(TensorShape.Vector(1, 1), [0.01f]));
            _order = Keep(device.Allocate(new TensorShape(members, samples, 1)));
            _parameters = Keep(device.Upload(vector,
                [.. seeds.SelectMany(seed => Values(TensorShape.Vector(1, 4 * Channels), seed))]));
            _sums = Keep(device.Allocate(images.WithSamples(1)));
            Tensor velocity = Keep(device.Allocate(vector)), gradient = Keep(allocate(vector));
            Tensor x = Keep(allocate(images)), y = Keep(allocate(images)), yTangent = Keep(allocate(images));
            Tensor xCotangent = Keep(allocate(images)), result = Keep(allocate(images));
            Tensor presence = Keep(allocate(new TensorShape(members, samples, 1)));
            Tensor statistics = Keep(allocate(BatchNorm.StatisticsShape(images)));
            BatchNorm norm = device.BatchNorm;
            _plan = device.Record("batch norm", () =>
            {
                Slice scale = Part(_parameters, 0), shift = Part(_parameters, 1);
                device.Gather.Samples(pictures, _order, x);
                device.Gather.Samples(weights, _order, presence);
                norm.Forward(x, presence, scale, shift, y, statistics);
                norm.ForwardTangent(x, y, presence, statistics, scale, shift, scale, yTangent);
                norm.Backward(x, presence, statistics, y, scale, xCotangent, Part(gradient, 0), Part(gradient, 1));
                norm.BackwardTangent(x, y, presence, statistics, xCotangent, yTangent, scale, shift, result, null, null);
                norm.UpdateRunning(statistics, 0.1f, Part(_parameters, 2), Part(_parameters, 3));
                device.Reduction.SumSamples(result, _sums);
                device.Sgd.Step(_parameters, velocity, gradient, rate, 0.9f);
            });

            Tensor Keep(Tensor tensor)
            {
                _tensors.Add(tensor);
                return tensor;
            }
        }

        /// <summary>Runs steps with new orders and returns each member's parameters and sums.</summary>
        public float[] Run(int count)
        {
            for (int step = 0; step < count; step++)
            {
                _order.Upload([.. _seeds.SelectMany(seed => Order(seed * 10 + step))]);
                RunOnce();
            }
            (float[] parameters, float[] sums, int members) = (_parameters.ToArray(), _sums.ToArray(), _seeds.Length);
            return [.. Enumerable.Range(0, members).SelectMany(e => Member(parameters, e).Concat(Member(sums, e)))];

            IEnumerable<float> Member(float[] values, int e) => values[(values.Length / members * e)..(values.Length / members * (e + 1))];
        }

        public void RunOnce() => _plan.Run();

        public void Dispose()
        {
            _plan.Dispose();
            _tensors.ForEach(tensor => tensor.Dispose());
        }

        private static Slice Part(Tensor vector, int i) => new(vector, i * Channels, Channels);

        private IEnumerable<float> Order(int seed)
        {
            var random = new RandomValues(1000 + seed);
            return Enumerable.Range(0, _samples).Select(_ => (float)random.Below(Sources));
        }

        private static float[] Values(TensorShape shape, int seed)
            => [.. new RandomValues(seed).Tensor(shape).Values.Select(value => (float)value)];
    }
}
