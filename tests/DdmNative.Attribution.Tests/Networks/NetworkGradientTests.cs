using DdmNative.Attribution.Networks;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using Xunit;
using Xunit.Abstractions;
using static DdmNative.Attribution.Tests.Networks.NetworkCase;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>
/// What a pass computes on the CPU device against the float64 reference and its finite differences, every member on its own.
/// </summary>
public sealed class NetworkGradientTests(ITestOutputHelper output) : IDisposable
{
    private readonly Closeness _closeness = new(output);
    private readonly CpuDevice _device = new(2);

    [Theory]
    [MemberData(nameof(NetworkCase.Names), MemberType = typeof(NetworkCase))]
    public void Logits_losses_and_gradients_of_every_member_match_the_reference(string architecture)
    {
        NetworkCase c = NetworkCase.Create(architecture);
        using var loss = new LossGradient(_device, c.Network, c.Members, c.Samples, keepLogits: true);
        Tensor perSample = _device.Allocate(c.WeightsShape);
        Tensor gradient = _device.Allocate(c.VectorShape);
        Tensor imagesGradient = _device.Allocate(c.ImagesShape);
        (Tensor parameters, Tensor images, Tensor labels, Tensor weights) = Upload(c);
        using IPlan plan = _device.Record("loss",
            () => loss.Evaluate(parameters, images, labels, weights, perSample, gradient, imagesGradient));
        plan.Run();

        for (int e = 0; e < c.Members; e++)
        {
            var r = new Member(c, e);
            _closeness.Check($"logits {e}", Row(loss.Logits, e), c.Reference.Logits(r.Parameters, r.Images));
            (double expected, double[] expectedGradient, double[] expectedImages) = r.Evaluate(r.Parameters, r.Images);
            _closeness.Check($"loss {e}", [Row(perSample, e).Zip(r.Weights, (a, b) => a * b).Sum()], [expected]);
            _closeness.Check($"gradient {e}", Row(gradient, e), expectedGradient);
            _closeness.Check($"images {e}", Row(imagesGradient, e), expectedImages);
        }
    }

    [Theory]
    [MemberData(nameof(NetworkCase.Names), MemberType = typeof(NetworkCase))]
    public void Gradients_of_groups_of_one_batch_at_one_model_are_those_of_each_group_alone(string architecture)
    {
        NetworkCase c = NetworkCase.Create(architecture, members: 3, samples: 6);
        float[] groups = [1, 1, 0, 0, 0, 0, 0, 0, 0.5f, 0.25f, 0, 0, 0, 0, 0, 0, 0, 1];
        using var loss = new LossGradient(_device, c.Network, 3, 6);
        Tensor parameters = _device.Upload(c.VectorShape.WithMembers(1), c.Parameters[0]);
        Tensor images = _device.Upload(c.ImagesShape.WithMembers(1), c.Images[0]);
        Tensor labels = _device.Upload(c.LabelsShape.WithMembers(1), c.Labels[0]);
        Tensor weights = _device.Upload(c.WeightsShape, groups);
        Tensor gradient = _device.Allocate(c.VectorShape);
        using IPlan plan = _device.Record("groups", () => loss.Evaluate(parameters, images, labels, weights, null, gradient, null));
        plan.Run();

        for (int e = 0; e < 3; e++)
        {
            double[] expected = c.Reference.Evaluate(Doubles(c.Parameters[0]), Doubles(c.Images[0]), Doubles(c.Labels[0]),
                Doubles(groups[(e * 6)..(e * 6 + 6)])).Gradient;
            _closeness.Check($"group {e}", Row(gradient, e), expected);
        }
    }

    [Theory]
    [MemberData(nameof(NetworkCase.Names), MemberType = typeof(NetworkCase))]
    public void Hessian_vector_products_match_finite_differences(string architecture)
    {
        NetworkCase c = NetworkCase.Create(architecture);
        using var product = new HessianVectorProduct(_device, c.Network, c.Members, c.Samples);
        (Tensor parameters, Tensor images, Tensor labels, Tensor weights) = Upload(c);
        Tensor direction = _device.Upload(c.VectorShape, Joined(c.Directions));
        Tensor result = _device.Allocate(c.VectorShape);
        using IPlan plan = _device.Record("product", () => product.Evaluate(parameters, images, labels, weights, direction, null, result));
        plan.Run();

        for (int e = 0; e < c.Members; e++)
        {
            var r = new Member(c, e);
            _closeness.Check($"product {e}", Row(result, e),
                FiniteDifference.Along(p => r.Evaluate(p, r.Images).Gradient, r.Parameters, r.Direction));
        }
    }

    [Theory]
    [MemberData(nameof(NetworkCase.Names), MemberType = typeof(NetworkCase))]
    public void Tangents_along_moving_parameters_and_moving_images_match_finite_differences(string architecture)
    {
        NetworkCase c = NetworkCase.Create(architecture);
        float[] motion = Normal(9, 0, (int)c.ImagesShape.Length);
        using var pass = new NetworkPass(_device, c.Network, c.Members, c.Samples);
        (Tensor parameters, Tensor images, Tensor labels, Tensor weights) = Upload(c);
        Tensor direction = _device.Upload(c.VectorShape, Joined(c.Directions));
        Tensor imagesTangent = _device.Upload(c.ImagesShape, motion);
        Tensor cotangent = _device.Allocate(c.LabelsShape);
        Tensor cotangentTangent = _device.Allocate(c.LabelsShape);
        Tensor logitsTangent = _device.Allocate(c.LabelsShape);
        Tensor gradientTangent = _device.Allocate(c.VectorShape);
        Tensor imagesCotangentTangent = _device.Allocate(c.ImagesShape);
        using IPlan plan = _device.Record("tangents", () =>
        {
            pass.Forward(parameters, images);
            pass.ForwardTangent(parameters, direction, images, imagesTangent);
            _device.LinearCombination.Copy(pass.OutputTangent, logitsTangent);
            _device.SoftmaxCrossEntropy.Backward(pass.Output, labels, weights, cotangent);
            _device.SoftmaxCrossEntropy.BackwardTangent(pass.Output, pass.OutputTangent, labels, weights, cotangentTangent);
            pass.Backward(parameters, images, cotangent, null, null);
            pass.BackwardTangent(parameters, direction, images, imagesTangent, cotangent, cotangentTangent, gradientTangent,
                imagesCotangentTangent);
        });
        plan.Run();

        for (int e = 0; e < c.Members; e++)
        {
            var r = new Member(c, e);
            int length = (int)c.ImagesShape.MemberLength;
            double[] along = [.. r.Direction, .. Doubles(motion[(e * length)..((e + 1) * length)])];
            double[] at = [.. r.Parameters, .. r.Images];
            int split = r.Parameters.Length;
            _closeness.Check($"logits {e}", Row(logitsTangent, e),
                FiniteDifference.Along(x => c.Reference.Logits(x[..split], x[split..]), at, along));
            _closeness.Check($"gradient {e}", Row(gradientTangent, e),
                FiniteDifference.Along(x => r.Evaluate(x[..split], x[split..]).Gradient, at, along));
            _closeness.Check($"images {e}", Row(imagesCotangentTangent, e),
                FiniteDifference.Along(x => r.Evaluate(x[..split], x[split..]).Images, at, along));
        }
    }

    [Theory]
    [MemberData(nameof(NetworkCase.Names), MemberType = typeof(NetworkCase))]
    public void Everything_is_the_same_bits_for_any_number_of_threads_and_at_every_run(string architecture)
    {
        NetworkCase c = NetworkCase.Create(architecture, members: 5, samples: 7);
        (float[] first, float[] again) = Products(c, 1);
        (float[] threaded, _) = Products(c, 3);

        Assert.Equal(first, again);
        Assert.Equal(first, threaded);
        Assert.DoesNotContain(first, value => !float.IsFinite(value));
    }

    public void Dispose() => _device.Dispose();

    private static (float[] First, float[] Again) Products(NetworkCase c, int threads)
    {
        using var device = new CpuDevice(threads);
        using var product = new HessianVectorProduct(device, c.Network, c.Members, c.Samples);
        (Tensor parameters, Tensor images, Tensor labels, Tensor weights) = Upload(c, device);
        Tensor direction = device.Upload(c.VectorShape, Joined(c.Directions));
        Tensor gradient = device.Allocate(c.VectorShape);
        Tensor result = device.Allocate(c.VectorShape);
        using IPlan plan = device.Record("product",
            () => product.Evaluate(parameters, images, labels, weights, direction, gradient, result));
        plan.Run();
        float[] first = [.. result.ToArray(), .. gradient.ToArray()];
        plan.Run();
        return (first, [.. result.ToArray(), .. gradient.ToArray()]);
    }

    private (Tensor Parameters, Tensor Images, Tensor Labels, Tensor Weights) Upload(NetworkCase c) => Upload(c, _device);

    private static (Tensor Parameters, Tensor Images, Tensor Labels, Tensor Weights) Upload(NetworkCase c, Device device) => (
        device.Upload(c.VectorShape, Joined(c.Parameters)), device.Upload(c.ImagesShape, Joined(c.Images)),
        device.Upload(c.LabelsShape, Joined(c.Labels)), device.Upload(c.WeightsShape, Joined(c.Weights)));

    private static float[] Row(Tensor tensor, int member)
    {
        int length = (int)tensor.Shape.MemberLength;
        return tensor.ToArray()[(member * length)..((member + 1) * length)];
    }

    /// <summary>One member in float64.</summary>
    private sealed class Member(NetworkCase c, int member)
    {
        public double[] Parameters { get; } = Doubles(c.Parameters[member]);

        public double[] Images { get; } = Doubles(c.Images[member]);

        public double[] Weights { get; } = Doubles(c.Weights[member]);

        public double[] Direction { get; } = Doubles(c.Directions[member]);

        public (double Loss, double[] Gradient, double[] Images) Evaluate(double[] parameters, double[] images)
            => c.Reference.Evaluate(parameters, images, Doubles(c.Labels[member]), Weights);
    }
}
