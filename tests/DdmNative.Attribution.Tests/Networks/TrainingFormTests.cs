using DdmNative.Attribution.Networks;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using Xunit;
using Xunit.Abstractions;
using static DdmNative.Attribution.Tests.Networks.NetworkCase;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>
/// Passes in the training form: batch norms with the statistics of the batch against the float64 reference, where a sample of weight zero
/// is not in the batch, and dropout.
/// </summary>
public sealed class TrainingFormTests(ITestOutputHelper output) : IDisposable
{
    private readonly Closeness _closeness = new(output);
    private readonly CpuDevice _device = new(2);

    [Theory]
    [InlineData("resnet9")]
    [InlineData("resnet18")]
    public void Gradients_and_Hessian_vector_products_match_the_reference(string name)
    {
        NetworkCase c = NetworkCase.Create(name, members: 2, samples: 5);
        Tensor parameters = _device.Upload(c.VectorShape, Joined(c.Parameters)), images = _device.Upload(c.ImagesShape, Joined(c.Images)),
            labels = _device.Upload(c.LabelsShape, Joined(c.Labels)), weights = _device.Upload(c.WeightsShape, Joined(c.Weights)),
            direction = _device.Upload(c.VectorShape, Joined(c.Directions));
        Tensor gradient = _device.Allocate(c.VectorShape), product = _device.Allocate(c.VectorShape);
        using LossGradient loss = TrainingLoss(c, weights, out _);
        Run(() =>
        {
            loss.Evaluate(parameters, images, labels, weights, null, gradient, null);
            loss.EvaluateTangent(direction, product, null, null);
        });

        var reference = new ReferenceNetwork(c.Network, isTraining: true);
        for (int e = 0; e < c.Members; e++)
        {
            double[] Gradient(double[] p)
                => reference.Evaluate(p, Doubles(c.Images[e]), Doubles(c.Labels[e]), Doubles(c.Weights[e])).Gradient;
            _closeness.Check($"gradient {e}", Row(gradient, e), Gradient(Doubles(c.Parameters[e])));
            _closeness.Check($"product {e}", Row(product, e),
                FiniteDifference.Along(Gradient, Doubles(c.Parameters[e]), Doubles(c.Directions[e])));
        }
    }

    [Fact]
    public void A_sample_of_weight_zero_changes_nothing_even_in_the_running_statistics()
    {
        NetworkCase c = NetworkCase.Create("resnet9", members: 2, samples: 6);
        float[] others = Joined(c.Images);
        int length = c.Network.Input.Length;
        Assert.Equal(0, c.Weights[1][1]);
        Normal(99, 0, length).CopyTo(others.AsSpan((c.Samples + 1) * length, length));

        Assert.Equal(Step(c, Joined(c.Images)), Step(c, others));
    }

    [Fact]
    public void A_sample_is_dropped_in_the_same_way_in_every_model_and_at_every_position()
    {
        NetworkCase c = NetworkCase.Create("mlp, hidden", members: 2, samples: 4);
        float[] parameters = [.. c.Parameters[0], .. c.Parameters[0]];
        int length = c.Network.Input.Length, classes = c.Network.Classes;
        // The second member has the first one's samples in the opposite order.
        float[] images = [.. c.Images[0], .. c.Images[0].Chunk(length).Reverse().SelectMany(image => image)];
        float[] Logits(float[] keys)
        {
            Tensor weights = _device.Upload(c.WeightsShape, [.. Enumerable.Repeat(1f, 8)]);
            using LossGradient loss = TrainingLoss(c, weights, out Tensor keysOnDevice);
            keysOnDevice.Upload(keys);
            Tensor theta = _device.Upload(c.VectorShape, parameters), x = _device.Upload(c.ImagesShape, images);
            Run(() => loss.Pass.Forward(theta, x));
            return loss.Logits.ToArray();
        }

        float[] logits = Logits([0, 3, 1, 3, 2, 3, 3, 3, 3, 3, 2, 3, 1, 3, 0, 3]);
        float[] nextStep = Logits([0, 4, 1, 4, 2, 4, 3, 4, 3, 4, 2, 4, 1, 4, 0, 4]);

        float[][] rows = [.. logits.Chunk(classes)];
        Assert.Equal(rows[..4], rows[4..].Reverse());
        Assert.NotEqual(logits, nextStep);
    }

    public void Dispose() => _device.Dispose();

    /// <summary>The parameters after one step of training.</summary>
    private float[] Step(NetworkCase c, float[] images)
    {
        Tensor parameters = _device.Upload(c.VectorShape, Joined(c.Parameters)), x = _device.Upload(c.ImagesShape, images),
            labels = _device.Upload(c.LabelsShape, Joined(c.Labels)), weights = _device.Upload(c.WeightsShape, Joined(c.Weights));
        Tensor velocity = _device.Allocate(c.VectorShape), gradient = _device.AllocateTransient(c.VectorShape),
            rate = _device.Upload(TensorShape.Vector(1, 1), [0.1f]);
        using LossGradient loss = TrainingLoss(c, weights, out _);
        Run(() =>
        {
            loss.Evaluate(parameters, x, labels, weights, null, gradient, null);
            _device.Sgd.Step(parameters, velocity, gradient, rate, 0.9f);
            loss.Pass.UpdateRunningStatistics(parameters);
        });
        float[] moved = parameters.ToArray();
        Assert.All(c.Network.Parameters, p => Assert.NotEqual(c.Parameters[0][p.Offset..(p.Offset + p.Length)],
            moved[p.Offset..(p.Offset + p.Length)]));
        return moved;
    }

    private LossGradient TrainingLoss(NetworkCase c, Tensor weights, out Tensor keys)
    {
        keys = _device.Allocate(new TensorShape(c.Members, c.Samples, 2));
        return new LossGradient(_device, c.Network, c.Members, c.Samples, keepLogits: true, new TrainingInputs(weights, keys, 5));
    }

    private void Run(Action body)
    {
        using IPlan plan = _device.Record("training form", body);
        plan.Run();
    }

    private static float[] Row(Tensor tensor, int member)
        => [.. tensor.ToArray().Chunk((int)tensor.Shape.MemberLength).ElementAt(member)];
}
