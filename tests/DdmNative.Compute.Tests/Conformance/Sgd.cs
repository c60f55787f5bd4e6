using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [InlineData(1, 1, 0)]
    [InlineData(17, 1, 0)]
    [InlineData(1000, 3, 0)]
    [InlineData(1003, 3, 1)]
    [InlineData(33, 3, 2)]
    [InlineData(4099, 3, 3)]
    public void Sgd_step_matches_the_reference(int parameters, int members, int shared)
    {
        using Workbench bench = Open(new ImageCase(1, parameters, 1, 1, members, shared, 30 + parameters));
        (Operand gradient, Operand learningRate) = (bench.Input(TensorShape.Vector(1, parameters)), bench.Input(TensorShape.Vector(1, 1)));
        (Operand values, Operand velocity) = (
            bench.Updated(bench.Random.Vector(members, parameters), "parameters"),
            bench.Updated(bench.Random.Vector(members, parameters), "velocity"));
        bench.Run(() => bench.Device.Sgd.Step(values.Tensor, velocity.Tensor, gradient.Tensor, learningRate.Tensor, 0.9f));
        (DoubleTensor expected, DoubleTensor expectedVelocity) =
            ReferenceSgd.Step(values.Values, velocity.Values, gradient.Values, learningRate.Values, 0.9f);
        bench.Expect(values, expected, Tolerance);
        bench.Expect(velocity, expectedVelocity, Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [InlineData(1, 1, 0, true, true)]
    [InlineData(17, 3, 4, true, false)]
    [InlineData(1000, 3, 0, true, true)]
    [InlineData(1003, 3, 5, true, true)]
    [InlineData(1004, 3, 4, true, true)]
    [InlineData(33, 3, 2, false, true)]
    [InlineData(4099, 3, 7, true, true)]
    [InlineData(4096, 1, 0, true, false)]
    public void Sgd_step_with_decay_and_nesterov_matches_the_reference(int parameters, int members, int shared, bool decays, bool nesterov)
    {
        using Workbench bench = Open(new ImageCase(1, parameters, 1, 1, members, shared, 50 + parameters));
        TensorShape vector = TensorShape.Vector(1, parameters);
        (Operand gradient, Operand learningRate, Operand decay) = (bench.Input(vector), bench.Input(TensorShape.Vector(1, 1)),
            bench.Input(vector, "decay"));
        (Operand values, Operand velocity) = (
            bench.Updated(bench.Random.Vector(members, parameters), "parameters"),
            bench.Updated(bench.Random.Vector(members, parameters), "velocity"));
        bench.Run(() => bench.Device.Sgd.Step(
            values.Tensor, velocity.Tensor, gradient.Tensor, learningRate.Tensor, 0.9f, decays ? decay.Tensor : null, nesterov));
        (DoubleTensor expected, DoubleTensor expectedVelocity) = ReferenceSgd.Step(
            values.Values, velocity.Values, gradient.Values, learningRate.Values, 0.9f, decays ? decay.Values : null, nesterov);
        bench.Expect(values, expected, Tolerance);
        bench.Expect(velocity, expectedVelocity, Tolerance);
    }

    /// <summary>A network in which nothing decays has the bits of one without decay.</summary>
    [ConformanceFact(UsesProducts = false)]
    public void A_decay_of_zero_changes_no_bit()
    {
        const int Parameters = 1003;
        Device device = owner.Get(CreateDevice);
        var random = new RandomValues(60);
        float[] values = Draw(), velocity = Draw(), gradient = Draw();

        Assert.Equal(Step(decays: false), Step(decays: true));

        float[] Draw() => [.. random.Vector(1, Parameters).Values.Select(value => (float)value)];

        float[] Step(bool decays)
        {
            TensorShape shape = TensorShape.Vector(1, Parameters);
            using Tensor theta = device.Upload(shape, values);
            using Tensor u = device.Upload(shape, velocity);
            using Tensor g = device.Upload(shape, gradient);
            using Tensor rate = device.Upload(TensorShape.Vector(1, 1), [0.1f]);
            using Tensor decay = device.Allocate(shape);
            device.Sgd.Step(theta, u, g, rate, 0.9f, decays ? decay : null);
            return [.. theta.ToArray(), .. u.ToArray()];
        }
    }

    [ConformanceFact(UsesProducts = false)]
    public void A_recorded_sgd_step_reads_the_learning_rate_of_the_moment()
    {
        Device device = owner.Get(CreateDevice);
        using Tensor parameters = device.Upload(TensorShape.Vector(1, 2), [1, 2]);
        using Tensor velocity = device.Allocate(TensorShape.Vector(1, 2));
        using Tensor gradient = device.Upload(TensorShape.Vector(1, 2), [1, -1]);
        using Tensor learningRate = device.Upload(TensorShape.Vector(1, 1), [0.5f]);
        using IPlan plan = device.Record("step", () => device.Sgd.Step(parameters, velocity, gradient, learningRate, 0));
        plan.Run();
        Assert.Equal([0.5f, 2.5f], parameters.ToArray());
        learningRate.Upload([2]);
        plan.Run();
        Assert.Equal([-1.5f, 4.5f], parameters.ToArray());
    }
}
