namespace DdmNative.Compute.Tests.Reference;

internal static class ReferenceFlatten
{
    public static DoubleTensor Forward(int members, DoubleTensor x)
    {
        TensorShape shape = x.Shape.WithMembers(members);
        var y = new DoubleTensor(shape.Flattened());
        for (int e = 0; e < members; e++)
            for (int n = 0; n < shape.Samples; n++)
                for (int c = 0; c < shape.Channels; c++)
                    for (int h = 0; h < shape.Height; h++)
                        for (int w = 0; w < shape.Width; w++)
                            y[e, n, (c * shape.Height + h) * shape.Width + w] = x[e, n, c, h, w];
        return y;
    }

    public static DoubleTensor Backward(TensorShape shape, DoubleTensor y)
    {
        var x = new DoubleTensor(shape);
        for (int e = 0; e < shape.Members; e++)
            for (int n = 0; n < shape.Samples; n++)
                for (int c = 0; c < shape.Channels; c++)
                    for (int h = 0; h < shape.Height; h++)
                        for (int w = 0; w < shape.Width; w++)
                            x[e, n, c, h, w] = y[e, n, (c * shape.Height + h) * shape.Width + w];
        return x;
    }
}
