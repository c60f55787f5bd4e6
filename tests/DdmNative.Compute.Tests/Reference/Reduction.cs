namespace DdmNative.Compute.Tests.Reference;

internal static class ReferenceReduction
{
    public static DoubleTensor SumSamples(int members, DoubleTensor x)
    {
        TensorShape shape = x.Shape;
        var y = new DoubleTensor(shape.WithMembers(members).WithSamples(1));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < shape.Samples; n++)
                for (int c = 0; c < shape.Channels; c++)
                    for (int h = 0; h < shape.Height; h++)
                        for (int w = 0; w < shape.Width; w++)
                            y[e, 0, c, h, w] += x[e, n, c, h, w];
        return y;
    }

    public static DoubleTensor Dot(int members, DoubleTensor a, DoubleTensor b)
    {
        TensorShape shape = a.Shape;
        var y = new DoubleTensor(TensorShape.Vector(members, 1));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < shape.Samples; n++)
                for (int c = 0; c < shape.Channels; c++)
                    for (int h = 0; h < shape.Height; h++)
                        for (int w = 0; w < shape.Width; w++)
                            y[e, 0, 0] += a[e, n, c, h, w] * b[e, n, c, h, w];
        return y;
    }
}
