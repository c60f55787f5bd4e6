using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>A batch norm with constant statistics and its reverse, in dual numbers.</summary>
internal static class ReferenceFrozenBatchNorm
{
    public static DualTensor Forward(
        int members, DualTensor x, DoubleTensor mean, DoubleTensor variance, DualTensor scale, DualTensor shift)
    {
        var y = DualTensor.Zeros(x.Value.Shape.WithMembers(members));
        ForEach(y.Value.Shape, (e, n, c, h, w) =>
            y[e, n, c, h, w] = scale[e, 0, c] * Normal(x[e, n, c, h, w], mean, variance, e, c) + shift[e, 0, c]);
        return y;
    }

    public static (DualTensor X, DualTensor Scale, DualTensor Shift) Backward(
        int members, DualTensor x, DoubleTensor mean, DoubleTensor variance, DualTensor cotangent, DualTensor scale)
    {
        TensorShape shape = x.Value.Shape.WithMembers(members);
        var xCotangent = DualTensor.Zeros(shape);
        var scaleCotangent = DualTensor.Zeros(TensorShape.Vector(members, shape.Channels));
        var shiftCotangent = DualTensor.Zeros(TensorShape.Vector(members, shape.Channels));
        ForEach(shape, (e, n, c, h, w) =>
        {
            Dual delta = cotangent[e, n, c, h, w];
            xCotangent[e, n, c, h, w] = scale[e, 0, c] * delta / Deviation(variance, e, c);
            scaleCotangent[e, 0, c] += delta * Normal(x[e, n, c, h, w], mean, variance, e, c);
            shiftCotangent[e, 0, c] += delta;
        });
        return (xCotangent, scaleCotangent, shiftCotangent);
    }

    private static Dual Normal(Dual x, DoubleTensor mean, DoubleTensor variance, int e, int c)
        => (x - mean[e, 0, c]) / Deviation(variance, e, c);

    private static double Deviation(DoubleTensor variance, int e, int c)
        => Math.Sqrt(variance[e, 0, c] + (double)FrozenBatchNorm.Epsilon);

    private static void ForEach(TensorShape shape, Action<int, int, int, int, int> visit)
    {
        for (int e = 0; e < shape.Members; e++)
            for (int n = 0; n < shape.Samples; n++)
                for (int c = 0; c < shape.Channels; c++)
                    for (int h = 0; h < shape.Height; h++)
                        for (int w = 0; w < shape.Width; w++)
                            visit(e, n, c, h, w);
    }
}
