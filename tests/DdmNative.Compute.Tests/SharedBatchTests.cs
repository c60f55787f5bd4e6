using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Compute.Tests;

/// <summary>
/// Training on a batch that all members share uses special code (a head's whole step at once, images transformed once for all members,
/// several steps in a plan). It must give the bits of the plain code, which a plan uses if every member has a copy of the batch or if there
/// are fewer members than threads.
/// </summary>
public sealed class SharedBatchTests
{
    private const int Sources = 90;

    private enum Decay
    {
        None,
        Shared,
        OfEachMember,
    }

    private sealed record Problem(int Channels, int Size, int Classes, int Batch, bool HasBlock, bool HasBias = true)
    {
        public Decay Decay { get; init; }

        public bool Nesterov { get; init; }

        public ConvolutionShape Convolution => new(Channels, Channels, Size, Size, 3, 1);

        public int Features => Channels * (HasBlock ? Size / 2 * (Size / 2) : Size * Size);

        public int Filters => HasBlock ? Channels * Channels * 9 : 0;

        public int FilterBiases => HasBlock && HasBias ? Channels : 0;

        /// <summary>Filters, their biases, the norm's two vectors, the head's matrix and biases.</summary>
        public int Parameters => Filters + FilterBiases + (HasBlock ? 2 * Channels : 0) + (HasBias ? Features + 1 : Features) * Classes;
    }

    [Theory]
    [InlineData(32, 4, 100, 64, 5)]
    [InlineData(32, 1, 10, 64, 2)]
    [InlineData(32, 3, 2, 37, 3)]
    [InlineData(64, 2, 13, 5, 4)]
    [InlineData(32, 2, 33, 1, 2)]
    [InlineData(96, 1, 30, 200, 2)]
    public void A_heads_step_has_the_same_bits_whoever_takes_it(int channels, int size, int classes, int batch, int members)
        => AssertAlike(new Problem(channels, size, classes, batch, HasBlock: false), members);

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_heads_step_with_decay_and_nesterov_has_the_same_bits_whoever_takes_it(bool decays, bool nesterov)
    {
        var problem = new Problem(32, 2, 33, 37, HasBlock: false) { Nesterov = nesterov };
        AssertAlike(problem with { Decay = decays ? Decay.Shared : Decay.None }, 3);
        AssertAlike(problem with { Decay = decays ? Decay.OfEachMember : Decay.None }, 3);
    }

    [Theory]
    [InlineData(32, 7, 10, 64, 4)]
    [InlineData(32, 7, 10, 37, 3)]
    [InlineData(16, 5, 3, 19, 2)]
    [InlineData(24, 6, 4, 33, 3)]
    [InlineData(32, 8, 5, 16, 2)]
    [InlineData(16, 14, 4, 21, 2)]
    public void A_blocks_step_has_the_same_bits_whoever_takes_it(int channels, int size, int classes, int batch, int members)
        => AssertAlike(new Problem(channels, size, classes, batch, HasBlock: true), members);

    [Theory]
    [InlineData(32, 1, 10, 64, 2, false)]
    [InlineData(32, 2, 33, 37, 3, false)]
    [InlineData(32, 7, 10, 37, 3, true)]
    [InlineData(16, 14, 4, 21, 2, true)]
    public void A_step_without_biases_has_the_same_bits_whoever_takes_it(int channels, int size, int classes, int batch, int members,
        bool hasBlock)
        => AssertAlike(new Problem(channels, size, classes, batch, hasBlock, HasBias: false), members);

    [Fact]
    public void Logits_far_apart_and_not_finite_are_taken_as_by_the_plain_ways()
    {
        var problem = new Problem(32, 1, 20, 16, HasBlock: false);
        AssertAlike(problem, 3, scale: 4000);
        AssertAlike(problem, 3, scale: float.MaxValue);
    }

    [Fact]
    public void A_gradient_that_is_read_elsewhere_is_there()
    {
        var problem = new Problem(32, 2, 10, 16, HasBlock: false);
        Assert.Equal(
            Train(problem, 2, [0, 1], isShared: false, steps: 1, together: 1, 1, keepsGradient: true),
                Train(problem, 2, [0, 1], isShared: true, steps: 1, together: 1, 1, keepsGradient: true));
    }

    [Fact]
    public void Shared_batches_take_their_own_ways()
    {
        Assert.Equal(Avx2.IsSupported && Fma.IsSupported,
            CallsOf(new Problem(32, 1, 10, 16, HasBlock: false), isShared: true).Contains("linear-step"));
        Assert.Equal(Avx2.IsSupported && Fma.IsSupported,
            CallsOf(new Problem(32, 1, 10, 16, HasBlock: false) { Decay = Decay.Shared, Nesterov = true }, isShared: true)
                .Contains("linear-step"));
        Assert.DoesNotContain("linear-step", CallsOf(new Problem(32, 1, 10, 16, HasBlock: false), isShared: false));
        Assert.DoesNotContain("linear-step", CallsOf(new Problem(32, 1, 10, 16, HasBlock: false, HasBias: false), isShared: true));
        Assert.Contains("winograd.images", CallsOf(new Problem(32, 7, 10, 16, HasBlock: true), isShared: true));
        Assert.Contains("winograd.images", CallsOf(new Problem(32, 7, 10, 16, HasBlock: true, HasBias: false), isShared: true));
        Assert.DoesNotContain("winograd.images", CallsOf(new Problem(32, 7, 10, 16, HasBlock: true), isShared: false));

        static IReadOnlySet<string> CallsOf(Problem problem, bool isShared)
        {
            var observer = new Names();
            Train(problem, 2, [1, 2], isShared, steps: 1, together: 1, scale: 1, keepsGradient: false, observer);
            return observer.Calls;
        }
    }

    [Fact]
    public void Exp_is_the_same_alone_and_among_eight_and_near_to_the_platforms()
    {
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
        {
            double x = i switch { 0 => 0, 1 => -1e-300, 2 => -511.99, 3 => 511.99, _ => -random.NextDouble()
                * Math.Pow(10, random.Next(-18, 3)) / 2 };
            double found = Exponential.Compute(x), expected = Math.Exp(x);
            Assert.InRange(Math.Abs(found - expected), 0, Math.BitIncrement(expected) - expected);
            if (Avx2.IsSupported && Fma.IsSupported)
                Assert.Equal(BitConverter.DoubleToInt64Bits(found),
                    BitConverter.DoubleToInt64Bits(Exponential.Compute(Vector512.Create(x))[3]));
        }

        Assert.Equal(0, Exponential.Compute(double.NegativeInfinity));
        Assert.True(double.IsNaN(Exponential.Compute(double.NaN)));
    }

    private static void AssertAlike(Problem problem, int members, float scale = 1)
    {
        const int steps = 7;
        int[] seeds = [.. Enumerable.Range(1, members)];
        float[] plain = Train(problem, 1, seeds, isShared: false, steps, together: 1, scale);
        Assert.Equal(plain, Train(problem, 1, seeds, isShared: true, steps, together: 1, scale));
        Assert.Equal(plain, Train(problem, 1, seeds, isShared: true, steps, together: 3, scale));
        Assert.Equal(plain, Train(problem, 2, seeds, isShared: true, steps, together: 3, scale));
        int length = plain.Length / members;
        Assert.Equal(plain[^length..], Train(problem, 3, [seeds[^1]], isShared: true, steps, together: 1, scale));
        if (scale == 1)
            Assert.All(plain, value => Assert.True(float.IsFinite(value)));
    }

    /// <summary>Trains a member per seed and returns parameters and velocities, member by member (and the last gradient).</summary>
    private static float[] Train(Problem problem, int threads, int[] seeds, bool isShared, int steps, int together, float scale,
        bool keepsGradient = false, ITileObserver? observer = null)
    {
        using var device = new CpuDevice(threads) { TileObserver = observer };
        var owned = new List<IDisposable>();
        T Own<T>(T part)
            where T : IDisposable
        {
            owned.Add(part);
            return part;
        }

        (int members, int batch) = (seeds.Length, problem.Batch);
        TensorShape vector = TensorShape.Vector(members, problem.Parameters), images =
            new(1, Sources, problem.Channels, problem.Size, problem.Size), labels = new(1, Sources, problem.Classes);
        Tensor source = Own(device.Upload(images, Values(images.Length, 100, 1))), labelSource =
            Own(device.Upload(labels, Values(labels.Length, 101, 0.3f)));
        Tensor parameters = Own(device.Upload(vector, [.. seeds.SelectMany(seed => Values(problem.Parameters, seed, 0.1f * scale))]));
        Tensor velocity = Own(device.Allocate(vector)), gradient =
            Own(keepsGradient ? device.Allocate(vector) : device.AllocateTransient(vector));
        Tensor? decay = problem.Decay switch
        {
            Decay.Shared => Own(device.Upload(vector.WithMembers(1), Values(problem.Parameters, 200, 0.1f))),
            Decay.OfEachMember => Own(device.Upload(vector, [.. seeds.SelectMany(seed => Values(problem.Parameters, 200 + seed, 0.1f))])),
            _ => null,
        };
        Batch[] batches = [.. Enumerable.Range(0, together).Select(_ => new Batch(device, problem, members, isShared, Own))];
        IPlan Record(int count) => Own(device.Record("steps", () =>
        {
            foreach (Batch of in batches[..count])
            {
                device.Gather.Samples(source, of.Order, of.Images);
                device.Gather.Samples(labelSource, of.Order, of.Labels);
            }
            foreach (Batch of in batches[..count])
                of.Step(device, problem, parameters, velocity, gradient, decay);
        }));
        (IPlan one, IPlan many) = (Record(1), Record(together));
        for (int step = 0, taken; step < steps; step += taken)
        {
            taken = steps - step < together ? 1 : together;
            for (int i = 0; i < taken; i++)
            {
                float[] order = [.. Enumerable.Range(0, batch).Select(n => (float)((n * 31 + (step + i) * 17) % Sources))];
                batches[i].Order.Upload([.. Enumerable.Range(0, isShared ? 1 : members).SelectMany(_ => order)]);
                batches[i].Weights.Upload([.. seeds.SelectMany(seed => Enumerable.Range(0, batch).Select(n => (n + seed) % 5 == 0
                    ? 0 : 1f / batch))]);
                batches[i].Rate.Upload([0.05f / (step + i + 1)]);
            }

            (taken == 1 ? one : many).Run();
        }

        (float[] theta, float[] u) = (parameters.ToArray(), velocity.ToArray());
        int length = problem.Parameters;
        float[] all = [.. Enumerable.Range(0, members).SelectMany(m => theta[(m * length)..((m + 1) * length)]
            .Concat(u[(m * length)..((m + 1) * length)]))];
        float[] result = keepsGradient ? [.. all, .. gradient.ToArray()] : all;
        owned.Reverse();
        owned.ForEach(part => part.Dispose());
        return result;
    }

    private static float[] Values(long length, int seed, float scale)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)length).Select(_ => scale * (float)(random.NextDouble() - 0.5))];
    }

    private sealed class Names : ITileObserver
    {
        private readonly HashSet<string> _calls = [];

        public IReadOnlySet<string> Calls => _calls;

        public void OnRunStarted(IPlan plan)
        {
        }

        public void OnRunEnded(IPlan plan)
        {
        }

        public void OnTile(in TileRun tile)
        {
            lock (_calls)
                _calls.Add(tile.Call.Name);
        }
    }

    private sealed class Batch
    {
        private readonly Tensor _logits, _cotangent, _features, _featuresCotangent, _convolved, _convolvedCotangent, _normed,
            _normedCotangent, _statistics, _pooled, _pooledCotangent;

        public Batch(Device device, Problem problem, int members, bool isShared, Func<Tensor, Tensor> own)
        {
            int copies = isShared ? 1 : members, pooled = problem.Size / 2;
            Tensor Between(int channels, int size = 1) => own(device.AllocateTransient(new TensorShape(members, problem.Batch, channels,
                size, size)));
            Order = own(device.Allocate(new TensorShape(copies, problem.Batch, 1)));
            Weights = own(device.Allocate(new TensorShape(members, problem.Batch, 1)));
            Rate = own(device.Allocate(TensorShape.Vector(1, 1)));
            Images = own(device.AllocateTransient(new TensorShape(copies, problem.Batch, problem.Channels, problem.Size, problem.Size)));
            Labels = own(device.AllocateTransient(new TensorShape(copies, problem.Batch, problem.Classes)));
            (_logits, _cotangent, _features, _featuresCotangent) =
                (Between(problem.Classes), Between(problem.Classes), Between(problem.Features), Between(problem.Features));
            (_convolved, _convolvedCotangent) = (Between(problem.Channels, problem.Size), Between(problem.Channels, problem.Size));
            (_normed, _normedCotangent) = (Between(problem.Channels, problem.Size), Between(problem.Channels, problem.Size));
            (_pooled, _pooledCotangent, _statistics) = (Between(problem.Channels, Math.Max(1, pooled)),
                Between(problem.Channels, Math.Max(1, pooled)), Between(2 * problem.Channels));
        }

        public Tensor Order { get; }

        public Tensor Weights { get; }

        public Tensor Rate { get; }

        public Tensor Images { get; }

        public Tensor Labels { get; }

        public void Step(Device device, Problem problem, Tensor parameters, Tensor velocity, Tensor gradient, Tensor? decay)
        {
            int channels = problem.Channels, norm = problem.Filters + problem.FilterBiases,
                head = problem.HasBlock ? norm + 2 * channels : 0, matrix = problem.Features * problem.Classes;
            Slice Filters(Tensor of) => new(of, 0, problem.Filters);
            Slice? FilterBiases(Tensor of) => problem.HasBias ? new Slice(of, problem.Filters, channels) : null;
            Slice Scale(Tensor of) => new(of, norm, channels);
            Slice Shift(Tensor of) => new(of, norm + channels, channels);
            Slice Matrix(Tensor of) => new(of, head, matrix);
            Slice? Biases(Tensor of) => problem.HasBias ? new Slice(of, head + matrix, problem.Classes) : null;
            if (problem.HasBlock)
            {
                device.Convolution.Forward(problem.Convolution, Images, Filters(parameters), FilterBiases(parameters), _convolved);
                device.InstanceNorm.Forward(_convolved, Scale(parameters), Shift(parameters), _normed, _statistics);
                device.ReluAvgPool.Forward(2, _normed, _pooled);
            }

            device.Flatten.Forward(problem.HasBlock ? _pooled : Images, _features);
            device.MatrixProduct.Forward(_features, Matrix(parameters), Biases(parameters), _logits);
            device.SoftmaxCrossEntropy.Backward(_logits, Labels, Weights, _cotangent);
            device.MatrixProduct.BackwardWeight(_features, _cotangent, Matrix(gradient), Biases(gradient));
            if (problem.HasBlock)
            {
                device.MatrixProduct.BackwardData(_cotangent, Matrix(parameters), _featuresCotangent);
                device.Flatten.Backward(_featuresCotangent, _pooledCotangent);
                device.ReluAvgPool.Backward(2, _normed, _pooledCotangent, _normedCotangent);
                device.InstanceNorm.Backward(_convolved, _statistics, _normedCotangent, Scale(parameters), _convolvedCotangent,
                    Scale(gradient), Shift(gradient));
                device.Convolution.BackwardFilter(problem.Convolution, Images, _convolvedCotangent, Filters(gradient),
                    FilterBiases(gradient));
            }

            device.Sgd.Step(parameters, velocity, gradient, Rate, 0.9f, decay, problem.Nesterov);
        }
    }
}
