using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>The maximum of each window, the first of equal values and the last NaN; linear once the maxima's positions are fixed.</summary>
internal static class ReferenceMaxPool
{
    public static DoubleTensor Forward(int members, PoolingShape shape, DoubleTensor x) => ForwardTangent(members, shape, x, x);

    public static DoubleTensor ForwardTangent(int members, PoolingShape shape, DoubleTensor x, DoubleTensor xTangent)
    {
        var y = new DoubleTensor(shape.Pooled(x.Shape).WithMembers(members));
        Visit(y.Shape, shape, x, (e, n, c, i, j, h, w) => y[e, n, c, i, j] = xTangent[e, n, c, h, w]);
        return y;
    }

    public static DoubleTensor Backward(int members, PoolingShape shape, DoubleTensor x, DoubleTensor cotangent)
    {
        var result = new DoubleTensor(x.Shape.WithMembers(members));
        Visit(cotangent.Shape.WithMembers(members), shape, x, (e, n, c, i, j, h, w) => result[e, n, c, h, w] += cotangent[e, n, c, i, j]);
        return result;
    }

    private delegate void MaximumVisitor(int e, int n, int c, int i, int j, int h, int w);

    /// <summary>Every window (i, j) with the pixel (h, w) that is its maximum.</summary>
    private static void Visit(TensorShape pooled, PoolingShape shape, DoubleTensor x, MaximumVisitor visit)
    {
        for (int e = 0; e < pooled.Members; e++)
            for (int n = 0; n < pooled.Samples; n++)
                for (int c = 0; c < pooled.Channels; c++)
                    for (int i = 0; i < pooled.Height; i++)
                        for (int j = 0; j < pooled.Width; j++)
                        {
                            (int h, int w) = FindMaximum(shape, x, e, n, c, i, j);
                            visit(e, n, c, i, j, h, w);
                        }
    }

    private static (int H, int W) FindMaximum(PoolingShape shape, DoubleTensor x, int e, int n, int c, int i, int j)
    {
        (int H, int W) found = (-1, -1);
        for (int down = 0; down < shape.WindowHeight; down++)
            for (int right = 0; right < shape.WindowWidth; right++)
            {
                (int h, int w) = (i * shape.Stride - shape.Padding + down, j * shape.Stride - shape.Padding + right);
                if (h < 0 || w < 0 || h >= x.Shape.Height || w >= x.Shape.Width)
                    continue;
                double value = x[e, n, c, h, w];
                if (found.H < 0 || value > x[e, n, c, found.H, found.W] || double.IsNaN(value))
                    found = (h, w);
            }
        return found;
    }
}
