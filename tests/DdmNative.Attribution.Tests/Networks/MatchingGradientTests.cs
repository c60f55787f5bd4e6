using DdmNative.Attribution.Networks;
using DdmNative.Compute;
using DdmNative.Compute.Contracts;
using DdmNative.Compute.Cpu;
using Xunit;
using Xunit.Abstractions;
using static DdmNative.Attribution.Tests.Networks.NetworkCase;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>The matching loss and its derivatives by images and labels, against finite differences of a float64 matching loss.</summary>
public sealed class MatchingGradientTests(ITestOutputHelper output)
{
    private readonly Closeness _closeness = new(output);

    [Theory]
    [InlineData("convnet", GradientDistanceKind.Relative)]
    [InlineData("convnet", GradientDistanceKind.RelativePerLayer)]
    [InlineData("convnet", GradientDistanceKind.RowCosine)]
    [InlineData("mlp", GradientDistanceKind.Relative)]
    [InlineData("mlp", GradientDistanceKind.RelativePerLayer)]
    [InlineData("mlp", GradientDistanceKind.RowCosine)]
    [InlineData("lenet", GradientDistanceKind.Relative)]
    public void Gradients_by_images_and_labels_match_finite_differences(string architecture, GradientDistanceKind kind)
    {
        NetworkCase c = NetworkCase.Create(architecture, members: 2, samples: 2);
        float[] targets = Normal(11, 0, (int)c.VectorShape.Length);
        using var device = new CpuDevice(2);
        using var matching = new MatchingGradient(device, c.Network, kind, c.Members, c.Samples);
        Tensor parameters = device.Upload(c.VectorShape.WithMembers(1), c.Parameters[0]);
        Tensor images = device.Upload(c.ImagesShape, Joined(c.Images));
        Tensor labels = device.Upload(c.LabelsShape, Joined(c.Labels));
        Tensor weights = device.Upload(c.WeightsShape.WithMembers(1), c.Weights[0]);
        Tensor target = device.Upload(c.VectorShape, targets);
        Tensor distance = device.Allocate(TensorShape.Vector(c.Members, 1));
        Tensor imagesGradient = device.Allocate(c.ImagesShape);
        Tensor labelsGradient = device.Allocate(c.LabelsShape);
        using IPlan plan = device.Record("matching",
            () => matching.Evaluate(parameters, images, labels, weights, target, distance, imagesGradient, labelsGradient));
        plan.Run();

        double[] shared = Doubles(c.Parameters[0]);
        double[] sampleWeights = Doubles(c.Weights[0]);
        for (int e = 0; e < c.Members; e++)
        {
            (double[] x, double[] q) = (Doubles(c.Images[e]), Doubles(c.Labels[e]));
            double[] goal = Doubles(targets[(e * shared.Length)..((e + 1) * shared.Length)]);
            double Distance(double[] at, double[] withLabels)
                => ReferenceDistance.Evaluate(kind, c.Network, c.Reference.Evaluate(shared, at, withLabels, sampleWeights).Gradient, goal);

            _closeness.Check($"distance {e}", [distance.ToArray()[e]], [Distance(x, q)]);
            _closeness.Check($"labels {e}", Part(labelsGradient, e), FiniteDifference.Gradient(labelsAt => Distance(x, labelsAt), q));
            if (architecture == "lenet")
            {
                double[] direction = Doubles(Normal(12, (uint)e, x.Length));
                _closeness.Check($"images {e} along a direction", [Part(imagesGradient, e).Zip(direction, (a, b) => a * b).Sum()],
                    FiniteDifference.Along(at => [Distance(at, q)], x, direction));
            }
            else
            {
                _closeness.Check($"images {e}", Part(imagesGradient, e), FiniteDifference.Gradient(at => Distance(at, q), x));
            }
        }
    }

    [Theory]
    [InlineData(GradientDistanceKind.Relative)]
    [InlineData(GradientDistanceKind.RelativePerLayer)]
    [InlineData(GradientDistanceKind.RowCosine)]
    public void A_synset_without_weight_or_a_target_of_zeros_gives_finite_numbers(GradientDistanceKind kind)
    {
        NetworkCase c = NetworkCase.Create("convnet", members: 2, samples: 2);
        using var device = new CpuDevice(2);
        using var matching = new MatchingGradient(device, c.Network, kind, c.Members, c.Samples);
        Tensor parameters = device.Upload(c.VectorShape, Joined(c.Parameters));
        Tensor images = device.Upload(c.ImagesShape, Joined(c.Images));
        Tensor labels = device.Upload(c.LabelsShape, Joined(c.Labels));
        Tensor weights = device.Upload(c.WeightsShape, [0, 0, 1, 1]);
        Tensor target = device.Upload(c.VectorShape, [.. c.Directions[0], .. new float[c.Network.ParameterCount]]);
        Tensor distance = device.Allocate(TensorShape.Vector(c.Members, 1));
        Tensor imagesGradient = device.Allocate(c.ImagesShape);
        Tensor labelsGradient = device.Allocate(c.LabelsShape);
        using IPlan plan = device.Record("matching",
            () => matching.Evaluate(parameters, images, labels, weights, target, distance, imagesGradient, labelsGradient));
        plan.Run();

        Assert.All(distance.ToArray().Concat(imagesGradient.ToArray()).Concat(labelsGradient.ToArray()),
            value => Assert.True(float.IsFinite(value), $"{value}"));
    }

    [Fact]
    public void Fresh_passes_whose_members_are_shared_out_among_threads_give_the_same_bits_as_one_thread()
    {
        // Three groups on two threads; every first run is a new chance for the threads to meet.
        NetworkCase c = NetworkCase.Create("convnet", members: 3, samples: 2);
        float[] expected = Gradient(c, threads: 1);

        for (int round = 0; round < 100; round++)
            Assert.Equal(expected, Gradient(c, threads: 2));
    }

    private static float[] Gradient(NetworkCase c, int threads)
    {
        using var device = new CpuDevice(threads);
        using var matching = new MatchingGradient(device, c.Network, GradientDistanceKind.Relative, c.Members, c.Samples);
        Tensor parameters = device.Upload(c.VectorShape, Joined(c.Parameters));
        Tensor images = device.Upload(c.ImagesShape, Joined(c.Images));
        Tensor labels = device.Upload(c.LabelsShape, Joined(c.Labels));
        Tensor weights = device.Upload(c.WeightsShape, Joined(c.Weights));
        Tensor target = device.Upload(c.VectorShape, Joined(c.Directions));
        Tensor distance = device.Allocate(TensorShape.Vector(c.Members, 1));
        Tensor imagesGradient = device.Allocate(c.ImagesShape);
        using IPlan plan = device.Record("matching",
            () => matching.Evaluate(parameters, images, labels, weights, target, distance, imagesGradient, null));
        plan.Run();
        return imagesGradient.ToArray();
    }

    private static double[] Part(Tensor tensor, int member)
    {
        int length = (int)tensor.Shape.MemberLength;
        return Doubles(tensor.ToArray()[(member * length)..((member + 1) * length)]);
    }
}
