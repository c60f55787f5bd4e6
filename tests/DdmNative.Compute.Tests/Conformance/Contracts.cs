using DdmNative.Compute.Contracts;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

/// <summary>
/// What every device must do besides arithmetic: layouts that round-trip, errors that name the operand, one recording at a time.
/// </summary>
public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [MemberData(nameof(Cases.ImageTensors), MemberType = typeof(Cases))]
    public void What_is_uploaded_is_what_is_downloaded(ImageCase testCase)
    {
        float[] values = [.. new RandomValues(testCase.Seed).Tensor(testCase.Shape).Values.Select(value => (float)value)];
        using Tensor tensor = owner.Get(CreateDevice).Upload(testCase.Shape, values);
        Assert.Equal(values, tensor.ToArray());
    }

    [ConformanceTheory(UsesProducts = false)]
    [MemberData(nameof(Cases.ImageTensors), MemberType = typeof(Cases))]
    public void A_new_tensor_is_zero(ImageCase testCase)
    {
        using Tensor tensor = owner.Get(CreateDevice).Allocate(testCase.Shape);
        Assert.All(tensor.ToArray(), value => Assert.Equal(0f, value));
    }

    [ConformanceFact(UsesProducts = false)]
    public void Uploads_and_downloads_of_another_length_are_refused()
    {
        using Tensor tensor = owner.Get(CreateDevice).Allocate(new TensorShape(2, 3, 4));
        Assert.Contains("[2, 3, 4, 1, 1]", Assert.Throws<ArgumentException>(() => tensor.Upload(new float[23])).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => tensor.Download(new float[25]));
    }

    [ConformanceFact]
    public void Device_names_itself()
    {
        Device device = owner.Get(CreateDevice);
        Assert.NotEmpty(device.Name);
        Assert.NotEmpty(device.Description);
    }

    [ConformanceFact(UsesProducts = false)]
    public void A_recording_inside_a_recording_is_refused_and_the_device_goes_on()
    {
        Device device = owner.Get(CreateDevice);
        using Tensor a = device.Upload(TensorShape.Vector(1, 2), [1, 2]);
        using Tensor y = device.Allocate(TensorShape.Vector(1, 2));
        Assert.Throws<InvalidOperationException>(
            () => device.Record("outer", () => device.Record("inner", () => device.LinearCombination.Copy(a, y))));
        device.LinearCombination.Copy(a, y);
        Assert.Equal([1f, 2], y.ToArray());
    }

    [ConformanceFact(UsesProducts = false)]
    public void A_recording_that_fails_leaves_the_device_eager()
    {
        Device device = owner.Get(CreateDevice);
        using Tensor a = device.Upload(TensorShape.Vector(1, 2), [3, 4]);
        using Tensor y = device.Allocate(TensorShape.Vector(1, 2));
        Assert.Throws<NotSupportedException>(() => device.Record("failing", () => throw new NotSupportedException()));
        device.LinearCombination.Copy(a, y);
        Assert.Equal([3f, 4], y.ToArray());
    }

    [ConformanceFact(UsesProducts = false)]
    public void A_plan_keeps_its_name_and_its_order()
    {
        Device device = owner.Get(CreateDevice);
        using Tensor y = device.Upload(TensorShape.Vector(1, 1), [1]);
        using Tensor one = device.Upload(TensorShape.Vector(1, 1), [1]);
        using IPlan plan = device.Record("three steps", () =>
        {
            device.LinearCombination.Combine(2, y, 0, y, y);
            device.LinearCombination.Combine(1, y, 1, one, y);
            device.LinearCombination.Combine(10, y, 0, y, y);
        });
        plan.Run();
        Assert.Equal("three steps", plan.Name);
        Assert.Equal([30f], y.ToArray());
        plan.Run();
        Assert.Equal([610f], y.ToArray());
    }

    [ConformanceFact]
    public void Operands_of_the_wrong_shape_are_named()
    {
        Device device = owner.Get(CreateDevice);
        List<Tensor> all = [];
        var shape = new ConvolutionShape(3, 4, 5, 6, 3, 1);
        (Slice filter, Slice bias) = (Vector(108, 2), Vector(4, 2));
        (Tensor x, Tensor y) = (New(2, 3, 3, 5, 6), New(2, 3, 4, 5, 6));
        Convolution convolution = device.Convolution;
        Names("x", () => convolution.Forward(shape, New(2, 3, 3, 5, 5), filter, bias, y));
        Names("x", () => convolution.Forward(shape, New(3, 3, 3, 5, 6), filter, bias, y));
        Names("filter", () => convolution.Forward(shape, x, Vector(107, 2), bias, y));
        Names("filter", () => convolution.Forward(shape, x, Vector(108, 3), bias, y));
        Names("bias", () => convolution.Forward(shape, x, filter, Vector(5, 1), y));
        Names("y", () => convolution.Forward(shape, x, filter, bias, New(2, 3, 4, 5, 5)));
        Names("filterTangent", () => convolution.ForwardTangent(shape, x, null, filter, Vector(1, 2), bias, y));
        Names("cotangent", () => convolution.BackwardData(shape, New(2, 2, 4, 5, 6), filter, x));
        Names("cotangentTangent", () => convolution.BackwardDataTangent(shape, y, x, filter, filter, x));
        Names("biasCotangent", () => convolution.BackwardFilter(shape, x, y, filter, Vector(4, 1)));
        Slice directions = New(1, 5, 108, 1, 1).AsSlice();
        Names("BiasDirections", () => convolution.BackwardFilter(
            shape, x, y, filter, null, new(directions, New(1, 5, 4, 1, 1).AsSlice(), New(2, 3, 5, 1, 1), 0)));
        Names("BiasDirections", () => convolution.BackwardFilter(shape, x, y, filter, bias, new(directions, null, New(2, 3, 5, 1, 1), 0)));
        Names("BiasDirections", () => convolution.BackwardFilter(
            shape, x, y, filter, bias, new(directions, New(1, 4, 4, 1, 1).AsSlice(), New(2, 3, 5, 1, 1), 0)));
        Names("weight", () => device.MatrixProduct.Forward(New(2, 3, 4, 1, 1), Vector(9, 2), Vector(2, 2), New(2, 3, 2, 1, 1)));
        Names("statistics", () => device.InstanceNorm.Forward(x, Vector(3, 2), Vector(3, 2), New(2, 3, 3, 5, 6), New(2, 3, 3, 1, 1)));
        Names("presence", () => device.BatchNorm.Forward(x, New(2, 2, 1, 1, 1), Vector(3, 2), Vector(3, 2), x, New(2, 1, 9, 1, 1)));
        Names("variance", () => device.FrozenBatchNorm.Forward(x, Vector(3, 2), Vector(4, 2), Vector(3, 2), Vector(3, 2), x));
        Names("groups", () => device.GroupNorm.Forward(2, x, Vector(3, 2), Vector(3, 2), x, New(2, 3, 4, 1, 1)));
        Names("y", () => device.ReluAvgPool.Forward(2, x, New(2, 3, 3, 3, 3)));
        Names("yTangent", () => device.MaxPool.ForwardTangent(new(3, 2, 1), x, x, New(2, 3, 3, 2, 3)));
        Names("cotangent", () => device.MaxPool.Backward(new(2, 2), x, x, x));
        Names("y", () => device.AvgPool.Forward(PoolingShape.Global(5, 6), x, New(2, 3, 3, 1, 2)));
        Names("shape", () => device.AvgPool.Backward(new(2, 2, 1), x, x));
        Names("cotangent", () => device.Gelu.Backward(x, y, New(2, 3, 3, 5, 6)));
        Names("keys", () => device.Dropout.Apply(0.5f, 1, 0, New(1, 3, 1, 1, 1), x, x));
        Names("layer", () => device.Dropout.Apply(0.5f, 1, -1, New(1, 3, 2, 1, 1), x, x));
        Names("weights", () => device.SoftmaxCrossEntropy.Backward(New(1, 3, 4, 1, 1), New(1, 3, 4, 1, 1), New(1, 2, 1, 1, 1),
            New(1, 3, 4, 1, 1)));
        Names("logits", () => device.SoftmaxCrossEntropy.Probabilities(x, New(2, 3, 3, 5, 6)));
        foreach (ParameterBlock[] blocks in (ParameterBlock[][])[[], [new(0, 3, 2, true)], [new(0, 2, 2, true), new(3, 2, 1, false)],
            [new(3, 2, 1, false), new(0, 1, 2, true)], [new(-1, 2, 2, true)], [new(0, 2, 0, true)]])
            Names("blocks", () => device.GradientDistance.Evaluate(
                GradientDistanceKind.Relative, blocks, New(1, 1, 5, 1, 1), New(1, 1, 5, 1, 1), New(1, 1, 1, 1, 1), New(1, 1, 5, 1, 1)));
        Names("velocity", () => device.Sgd.Step(New(2, 1, 5, 1, 1), New(1, 1, 5, 1, 1), New(2, 1, 5, 1, 1), New(1, 1, 1, 1, 1), 0.9f));
        Names("decay", () => device.Sgd.Step(New(2, 1, 5, 1, 1), New(2, 1, 5, 1, 1), New(2, 1, 5, 1, 1), New(1, 1, 1, 1, 1), 0.9f,
            New(1, 1, 1, 1, 1)));
        Names("corrections", () =>
            device.Adam.Step(new(), New(1, 1, 5, 1, 1), New(1, 1, 5, 1, 1), New(1, 1, 5, 1, 1), New(1, 1, 5, 1, 1), New(1, 1, 3, 1, 1)));
        Names("b", () => device.Reduction.Dot(x, y, New(2, 1, 1, 1, 1)));
        Names("a", () => device.LinearCombination.Combine(1, y, 1, x, New(2, 3, 3, 5, 6)));
        Names("indices", () => device.Gather.Samples(New(1, 9, 3, 5, 6), New(1, 2, 1, 1, 1), x));
        Names("moves", () => device.CropFlip.Apply(x, New(2, 3, 2, 1, 1), New(2, 3, 3, 5, 6)));
        Names("y", () => device.Flatten.Forward(x, New(2, 3, 91, 1, 1)));
        Names("high", () => device.Philox.FillUniform(filter, 1, 1, 0, 0));
        Names("target", () => device.Fill.Assign(x.AsSlice(), 0));
        Names("target", () => device.Fill.Assign(new Slice(New(1, 1, 3, 5, 6), 2, 3), 0));
        all.ForEach(tensor => tensor.Dispose());

        Tensor New(int e, int n, int c, int h, int w)
        {
            all.Add(device.Allocate(new TensorShape(e, n, c, h, w)));
            return all[^1];
        }

        Slice Vector(int length, int members) => New(members, 1, length, 1, 1).AsSlice();

        static void Names(string operand, Action call) => Assert.Throws<ArgumentException>(operand, call);
    }
}
