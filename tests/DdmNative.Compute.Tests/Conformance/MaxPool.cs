using DdmNative.Compute.Contracts;
using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Max_pool_forward_is_exactly_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        PoolingShape shape = DrawPool(testCase, HasPadding(testCase));
        (Operand x, Operand y) = (InputWithTies(bench, testCase), bench.Output(shape.Pooled(testCase.Shape)));
        bench.Run(() => bench.Device.MaxPool.Forward(shape, x.Tensor, y.Tensor));
        bench.Expect(y, ReferenceMaxPool.Forward(bench.Members, shape, x.Values), 0);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Max_pool_forward_tangent_is_exactly_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        PoolingShape shape = DrawPool(testCase, HasPadding(testCase));
        (Operand x, Operand xTangent) = (InputWithTies(bench, testCase), bench.Input(testCase.Shape));
        Operand y = bench.Output(shape.Pooled(testCase.Shape));
        bench.Run(() => bench.Device.MaxPool.ForwardTangent(shape, x.Tensor, xTangent.Tensor, y.Tensor));
        bench.Expect(y, ReferenceMaxPool.ForwardTangent(bench.Members, shape, x.Values, xTangent.Values), 0);
    }

    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Max_pool_cotangent_matches_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        PoolingShape shape = DrawPool(testCase, HasPadding(testCase));
        (Operand x, Operand cotangent) = (InputWithTies(bench, testCase), bench.Input(shape.Pooled(testCase.Shape)));
        Operand result = bench.Output(testCase.Shape);
        bench.Run(() => bench.Device.MaxPool.Backward(shape, x.Tensor, cotangent.Tensor, result.Tensor));
        bench.Expect(result, ReferenceMaxPool.Backward(bench.Members, shape, x.Values, cotangent.Values), Tolerance);
    }

    [ConformanceTheory(UsesProducts = false)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    public void Max_pool_of_a_NaN_is_NaN_and_its_cotangent_returns_to_the_NaN(int window, int stride)
    {
        Device device = owner.Get(CreateDevice);
        const int channels = 20, size = 6, nan = 2 * size + 3;
        var image = new TensorShape(1, 1, channels, size, size);
        var shape = new PoolingShape(window, stride);
        float[] values = [.. new RandomValues(7).Tensor(image).Values.Select(value => (float)value)];
        for (int c = 0; c < channels; c++)
            values[c * size * size + nan] = float.NaN;
        TensorShape pooled = shape.Pooled(image);
        using Tensor x = device.Upload(image, values);
        using Tensor y = device.Allocate(pooled);
        using Tensor ones = device.Upload(pooled, [.. Enumerable.Repeat(1f, (int)pooled.Length)]);
        using Tensor result = device.Allocate(image);

        device.MaxPool.Forward(shape, x, y);
        device.MaxPool.Backward(shape, x, ones, result);

        int windows = window == 2 ? 1 : 9;
        Assert.Equal(channels * windows, y.ToArray().Count(float.IsNaN));
        float[] returned = result.ToArray();
        Assert.All(Enumerable.Range(0, channels), c => Assert.Equal(windows, returned[c * size * size + nan]));
    }

    /// <summary>In every second case the values are whole numbers, of which many windows hold the maximum several times.</summary>
    private static Operand InputWithTies(Workbench bench, ImageCase c)
    {
        if (c.Seed % 2 == 0)
            return bench.Input(c.Shape, "x");
        DoubleTensor x = bench.Random.Tensor(c.Seed % 3 == 0 ? c.Shape.WithMembers(1) : c.Shape);
        for (int i = 0; i < x.Values.Length; i++)
            x.Values[i] = Math.Round(x.Values[i]);
        return bench.Input(x, "x");
    }

    private static bool HasPadding(ImageCase c) => c.Seed / 2 % 2 == 0;

    /// <summary>
    /// A pool that fits the image: 2 × 2 and 3 × 3 as networks have them, global, or any window, stride and padding up to half of the
    /// window.
    /// </summary>
    private static PoolingShape DrawPool(ImageCase c, bool hasPadding)
    {
        var random = new RandomValues(c.Seed + 1000);
        while (true)
        {
            (int height, int width, int stride, int padding) = random.Below(5) switch
            {
                0 => (2, 2, 2, 0),
                1 => (3, 3, 2, 1),
                2 => (c.Height, c.Width, 1, 0),
                3 => (2, 2, 1 + random.Below(3), 1),
                _ => (1 + random.Below(5), 1 + random.Below(5), 1 + random.Below(4), random.Below(3)),
            };
            padding = hasPadding ? Math.Min(padding, Math.Min(height, width) / 2) : 0;
            if (height <= c.Height + 2 * padding && width <= c.Width + 2 * padding)
                return new PoolingShape(height, width, stride, padding);
        }
    }
}
