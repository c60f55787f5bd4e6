using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>The mean over each whole window of the positive inputs; linear once the mask 1[x &gt; 0] is fixed.</summary>
internal static class ReferenceReluAvgPool
{
    public static DoubleTensor Forward(int members, int window, DoubleTensor x) => ForwardTangent(members, window, x, x);

    public static DoubleTensor ForwardTangent(int members, int window, DoubleTensor x, DoubleTensor xTangent)
    {
        var y = new DoubleTensor(ReluAvgPool.Pooled(window, x.Shape.WithMembers(members)));
        Visit(y.Shape, window, (e, n, c, h, w, r, s) =>
        {
            if (x[e, n, c, h, w] > 0)
                y[e, n, c, r, s] += xTangent[e, n, c, h, w] / (window * window);
        });
        return y;
    }

    public static DoubleTensor Backward(int members, int window, DoubleTensor x, DoubleTensor cotangent)
    {
        var result = new DoubleTensor(x.Shape.WithMembers(members));
        Visit(cotangent.Shape.WithMembers(members), window, (e, n, c, h, w, r, s) =>
        {
            if (x[e, n, c, h, w] > 0)
                result[e, n, c, h, w] = cotangent[e, n, c, r, s] / (window * window);
        });
        return result;
    }

    private delegate void PixelVisitor(int e, int n, int c, int h, int w, int r, int s);

    /// <summary>Every input pixel (h, w) with the output pixel (r, s) whose window holds it.</summary>
    private static void Visit(TensorShape pooled, int window, PixelVisitor visit)
    {
        for (int e = 0; e < pooled.Members; e++)
            for (int n = 0; n < pooled.Samples; n++)
                for (int c = 0; c < pooled.Channels; c++)
                    for (int h = 0; h < pooled.Height * window; h++)
                        for (int w = 0; w < pooled.Width * window; w++)
                            visit(e, n, c, h, w, h / window, w / window);
    }
}
