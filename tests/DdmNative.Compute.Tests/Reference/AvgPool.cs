using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>The mean of each window, and its transpose.</summary>
internal static class ReferenceAvgPool
{
    public static DoubleTensor Forward(int members, PoolingShape shape, DoubleTensor x)
    {
        var y = new DoubleTensor(shape.Pooled(x.Shape).WithMembers(members));
        double area = (double)shape.WindowHeight * shape.WindowWidth;
        Visit(y.Shape, shape, (e, n, c, i, j, h, w) => y[e, n, c, i, j] += x[e, n, c, h, w] / area);
        return y;
    }

    /// <summary>The cotangent of x, which has the shape <paramref name="image"/>.</summary>
    public static DoubleTensor Backward(PoolingShape shape, DoubleTensor cotangent, TensorShape image)
    {
        var result = new DoubleTensor(image);
        double area = (double)shape.WindowHeight * shape.WindowWidth;
        Visit(shape.Pooled(image), shape, (e, n, c, i, j, h, w) => result[e, n, c, h, w] += cotangent[e, n, c, i, j] / area);
        return result;
    }

    private delegate void PixelVisitor(int e, int n, int c, int i, int j, int h, int w);

    /// <summary>Every window (i, j) with every pixel (h, w) in it.</summary>
    private static void Visit(TensorShape pooled, PoolingShape shape, PixelVisitor visit)
    {
        for (int e = 0; e < pooled.Members; e++)
            for (int n = 0; n < pooled.Samples; n++)
                for (int c = 0; c < pooled.Channels; c++)
                    for (int i = 0; i < pooled.Height; i++)
                        for (int j = 0; j < pooled.Width; j++)
                            for (int down = 0; down < shape.WindowHeight; down++)
                                for (int right = 0; right < shape.WindowWidth; right++)
                                    visit(e, n, c, i, j, i * shape.Stride + down, j * shape.Stride + right);
    }
}
