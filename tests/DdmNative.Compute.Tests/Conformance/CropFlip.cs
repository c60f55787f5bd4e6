using DdmNative.Compute.Tests.Reference;
using Xunit;

namespace DdmNative.Compute.Tests.Conformance;

public abstract partial class ConformanceSuite
{
    [ConformanceTheory(UsesProducts = false)]
    [Cases(nameof(Cases.ImageTensors))]
    public void Crop_and_flip_is_exactly_the_reference(ImageCase testCase)
    {
        using Workbench bench = Open(testCase);
        Operand x = bench.Input(testCase.Shape);
        var drawn = new DoubleTensor(new TensorShape(testCase.Seed % 2 == 0 ? 1 : testCase.Members, testCase.Samples, 3));
        for (int e = 0; e < drawn.Shape.Members; e++)
            for (int n = 0; n < testCase.Samples; n++)
            {
                // Two rows and columns beyond the image, so that some images move out of it.
                drawn[e, n, 0] = bench.Random.Below(2 * testCase.Height + 5) - testCase.Height - 2;
                drawn[e, n, 1] = bench.Random.Below(2 * testCase.Width + 5) - testCase.Width - 2;
                drawn[e, n, 2] = bench.Random.Below(2);
            }
        (Operand moves, Operand y) = (bench.Input(drawn), bench.Output(testCase.Shape));
        bench.Run(() => bench.Device.CropFlip.Apply(x.Tensor, moves.Tensor, y.Tensor));
        bench.Expect(y, ReferenceCropFlip.Apply(bench.Members, x.Values, moves.Values), 0);
    }

    [ConformanceTheory(UsesProducts = false)]
    [InlineData(float.MaxValue)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(2147483648f)]
    [InlineData(-2147483648f)]
    public void An_image_that_is_moved_far_away_is_zero(float distance)
    {
        Device device = owner.Get(CreateDevice);
        using Tensor x = device.Upload(new TensorShape(1, 2, 1, 2, 2), [1, 2, 3, 4, 5, 6, 7, 8]);
        using Tensor moves = device.Upload(new TensorShape(1, 2, 3), [distance, 0, 0, 0, distance, 1]);
        using Tensor y = device.Upload(x.Shape, [9, 9, 9, 9, 9, 9, 9, 9]);
        device.CropFlip.Apply(x, moves, y);
        Assert.All(y.ToArray(), value => Assert.Equal(0, value));
    }

    [ConformanceFact(UsesProducts = false)]
    public void A_recorded_crop_and_flip_reads_the_moves_of_the_moment()
    {
        Device device = owner.Get(CreateDevice);
        using Tensor x = device.Upload(new TensorShape(1, 1, 1, 2, 3), [1, 2, 3, 4, 5, 6]);
        using Tensor moves = device.Upload(new TensorShape(1, 1, 3), [1, -1, 0]);
        using Tensor y = device.Allocate(x.Shape);
        using IPlan plan = device.Record("crop and flip", () => device.CropFlip.Apply(x, moves, y));
        plan.Run();
        Assert.Equal([0f, 4, 5, 0, 0, 0], y.ToArray());
        moves.Upload([1, -1, 1]);
        plan.Run();
        Assert.Equal([5f, 4, 0, 0, 0, 0], y.ToArray());
    }
}
