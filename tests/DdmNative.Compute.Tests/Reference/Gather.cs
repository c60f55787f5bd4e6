namespace DdmNative.Compute.Tests.Reference;

internal static class ReferenceGather
{
    public static DoubleTensor Samples(int members, DoubleTensor source, DoubleTensor indices)
    {
        var y = new DoubleTensor(source.Shape.WithMembers(members).WithSamples(indices.Shape.Samples));
        for (int e = 0; e < members; e++)
            for (int n = 0; n < y.Shape.Samples; n++)
                for (int c = 0; c < y.Shape.Channels; c++)
                    for (int h = 0; h < y.Shape.Height; h++)
                        for (int w = 0; w < y.Shape.Width; w++)
                            y[e, n, c, h, w] = source[e, (int)indices[e, n, 0], c, h, w];
        return y;
    }
}
