using DdmNative.Attribution.Networks;
using DdmNative.Compute;
using DdmNative.Compute.Cpu;
using Xunit;

namespace DdmNative.Attribution.Tests.Networks;

/// <summary>
/// A pass of one model along several directions against passes along one direction each: Hessian- and Gauss–Newton-vector products, in the
/// training and the evaluation form.
/// </summary>
public sealed class DirectionsTests : IDisposable
{
    private const int Directions = 3;

    private readonly CpuDevice _device = new(2);

    public static TheoryData<string> Networks => NetworkCase.Names;

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_pass_along_several_directions_is_a_pass_along_each(string name)
    {
        NetworkCase c = NetworkCase.Create(name, Directions, samples: 4);
        foreach ((bool isHessian, bool isTraining) in new[] { (true, true), (true, false), (false, true), (false, false) })
        {
            float[] together = Products(c, NetworkCase.Joined(c.Directions), Directions, isHessian, isTraining);
            float[] apart = [.. c.Directions.SelectMany(direction => Products(c, direction, null, isHessian, isTraining))];
            double error = Math.Sqrt(together.Zip(apart, (a, b) => ((double)a - b) * (a - b)).Sum() / apart.Sum(b => (double)b * b));
            Assert.True(error < 1e-6, $"{name}, Hessian {isHessian}, training form {isTraining}: relative error {error:E1}");
        }
    }

    [Fact]
    public void Several_members_have_one_direction_each()
    {
        NetworkCase c = NetworkCase.Create("mlp", members: 2);
        Assert.Throws<ArgumentException>(() => new NetworkPass(_device, c.Network, 2, c.Samples, directions: 3));
    }

    public void Dispose() => _device.Dispose();

    private float[] Products(NetworkCase c, float[] directions, int? count, bool isHessian, bool isTraining)
    {
        TensorShape one = c.WeightsShape.WithMembers(1), logits = c.LabelsShape.WithMembers(1);
        using Tensor parameters = _device.Upload(c.VectorShape.WithMembers(1), c.Parameters[0]),
            images = _device.Upload(c.ImagesShape.WithMembers(1), c.Images[0]), labels = _device.Upload(logits, c.Labels[0]),
            weights = _device.Upload(one, c.Weights[0]),
            keys = _device.Upload(new TensorShape(1, c.Samples, 2), [.. Enumerable.Range(0, 2 * c.Samples).Select(i => (float)i)]),
            direction = _device.Upload(c.VectorShape.WithMembers(count ?? 1), directions), product = _device.Allocate(direction.Shape),
            cotangent = _device.AllocateTransient(logits), tangent = _device.AllocateTransient(logits.WithMembers(count ?? 1));
        using var pass = new NetworkPass(_device, c.Network, 1, c.Samples,
            training: isTraining ? new TrainingInputs(weights, keys, 7) : null, directions: count);
        using IPlan plan = _device.Record("products", () =>
        {
            pass.Forward(parameters, images);
            if (isHessian)
            {
                _device.SoftmaxCrossEntropy.Backward(pass.Output, labels, weights, cotangent);
                pass.Backward(parameters, images, cotangent, null, null);
            }

            pass.ForwardTangent(parameters, direction, images, null);
            _device.SoftmaxCrossEntropy.BackwardTangent(pass.Output, pass.OutputTangent, labels, weights, tangent);
            if (isHessian)
                pass.BackwardTangent(parameters, direction, images, null, cotangent, tangent, product, null);
            else
                pass.Backward(parameters, images, tangent, product, null);
        });
        plan.Run();
        return product.ToArray();
    }
}
