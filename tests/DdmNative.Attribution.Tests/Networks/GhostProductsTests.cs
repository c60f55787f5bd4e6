using DdmNative.Attribution.Networks;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using DdmNative.Compute.Split;
using Xunit;

namespace DdmNative.Attribution.Tests.Networks;

public sealed class GhostProductsTests
{
    private const int Samples = 19, Directions = 3;

    public static TheoryData<string, int, int> Networks
        => new() { { "convnet", 16, 2 }, { "convnet", 5, 3 }, { "mlp", 12, 2 }, { "lenet", 0, 0 }, { "resnet9", 3, 0 },
            { "resnet18", 2, 0 } };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Products_on_the_way_leave_the_gradient_alone_and_are_those_of_single_samples_gradients(string architecture, int width,
    int depth)
    {
        using var device = new CpuDevice(2);
        var problem = new Problem(architecture, width, depth);
        (float[] gradient, double[] products) = problem.Run(device, hasProducts: true);

        Assert.Equal(problem.Run(device, hasProducts: false).Gradient, gradient);
        double[] expected = problem.ProductsOfSingleSamples(device);
        Assert.InRange(Problem.Error(products, expected), 0, 2e-6);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_device_without_products_on_the_way_gives_the_same_from_a_second_pass(string architecture, int width, int depth)
    {
        using var device = new CpuDevice(1);
        using var other = new SplitDevice([new CpuDevice(1), new CpuDevice(1)]);
        Assert.False(other.HasSampleProducts);
        var problem = new Problem(architecture, width, depth);

        (float[] gradient, double[] products) = problem.Run(other, hasProducts: true);

        Assert.Equal(problem.Run(device, hasProducts: false).Gradient, gradient);
        Assert.InRange(Problem.Error(products, problem.Run(device, hasProducts: true).Products), 0, 2e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Products_do_not_depend_on_the_threads(int threads)
    {
        var problem = new Problem("convnet", 16, 3);
        using var one = new CpuDevice(2);
        using var other = new CpuDevice(threads);

        Assert.Equal(problem.Run(one, hasProducts: true).Products, problem.Run(other, hasProducts: true).Products);
    }

    [Fact]
    public void Several_members_are_refused()
    {
        using var device = new CpuDevice(1);
        var problem = new Problem("mlp", 4, 1);
        Assert.Contains("there are 2 members",
            Assert.Throws<ArgumentException>(() => problem.Run(device, hasProducts: true, members: 2)).Message, StringComparison.Ordinal);
    }

    /// <summary>A network, images and directions with seeded values; 12 × 12 images of one channel, or 28 × 28 for LeNet.</summary>
    private sealed class Problem
    {
        private readonly Network _network;
        private readonly float[] _parameters, _images, _cotangent, _directions;

        public Problem(string architecture, int width, int depth)
        {
            int size = architecture == "lenet" ? 28 : 12;
            _network = Network.Create(new NetworkOptions(architecture, width, depth, new ImageShape(1, size, size), 5));
            var random = new Random(11);
            float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];
            _parameters = _network.Initialise(3);
            _images = Values(Samples * size * size);
            _cotangent = Values(Samples * 5);
            _directions = Values(Directions * _network.ParameterCount);
        }

        public (float[] Gradient, double[] Products) Run(Device device, bool hasProducts, int members = 1)
        {
            using Tensor parameters = device.Upload(TensorShape.Vector(1, _network.ParameterCount), _parameters);
            using Tensor images = device.Upload(_network.Input.For(1, Samples), _images),
                cotangent = device.Upload(_network.Output.For(1, Samples), _cotangent);
            using Tensor gradient = device.Allocate(TensorShape.Vector(members, _network.ParameterCount));
            using var pass = new NetworkPass(device, _network, members, Samples);
            using GhostProducts? products = hasProducts ? new GhostProducts(device, _network, Samples, Directions) : null;
            products?.SetDirections(_directions);
            using IPlan plan = device.Record("gradient with products", () =>
            {
                pass.Forward(parameters, images);
                pass.Backward(parameters, images, cotangent, gradient, null, products);
            });
            plan.Run();
            plan.Run();
            return (gradient.ToArray(), products?.Read() ?? []);
        }

        /// <summary>[N, D], each sample's gradient from a pass of its own, the products in float64.</summary>
        public double[] ProductsOfSingleSamples(Device device)
        {
            int pixels = _images.Length / Samples, classes = _cotangent.Length / Samples;
            var products = new double[Samples * Directions];
            using Tensor parameters = device.Upload(TensorShape.Vector(1, _network.ParameterCount), _parameters);
            using Tensor gradient = device.Allocate(TensorShape.Vector(1, _network.ParameterCount));
            for (int n = 0; n < Samples; n++)
            {
                using Tensor image = device.Upload(_network.Input.For(1, 1), _images.AsSpan(n * pixels, pixels)),
                    cotangent = device.Upload(_network.Output.For(1, 1), _cotangent.AsSpan(n * classes, classes));
                using var pass = new NetworkPass(device, _network, 1, 1);
                using IPlan plan = device.Record("one sample's gradient", () =>
                {
                    pass.Forward(parameters, image);
                    pass.Backward(parameters, image, cotangent, gradient, null);
                });
                plan.Run();
                float[] values = gradient.ToArray();
                for (int d = 0; d < Directions; d++)
                    products[n * Directions + d] = values.Select((value, p) => (double)value * _directions[d * values.Length + p]).Sum();
            }

            return products;
        }

        /// <summary>Against the size of the products: they are sums of many terms of both signs.</summary>
        public static double Error(double[] found, double[] expected)
        {
            Assert.Equal(expected.Length, found.Length);
            return Math.Sqrt(found.Zip(expected, (a, b) => (a - b) * (a - b)).Sum() / expected.Sum(value => value * value));
        }
    }
}
