using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>The distances run by run: a run is the parameters of one term of the sum (all, one tensor, or one output row).</summary>
internal static class ReferenceGradientDistance
{
    public static (DoubleTensor Distance, DoubleTensor Cotangent) Evaluate(
        int members, GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, DoubleTensor gradient, DoubleTensor target)
    {
        var distance = new DoubleTensor(TensorShape.Vector(members, 1));
        var cotangent = new DoubleTensor(TensorShape.Vector(members, gradient.Shape.Channels));
        for (int e = 0; e < members; e++)
            foreach ((int start, int length) in Runs(kind, blocks))
            {
                (double gg, double tt, double gt) = (0, 0, 0);
                for (int i = start; i < start + length; i++)
                {
                    gg += gradient[e, 0, i] * gradient[e, 0, i];
                    tt += target[e, 0, i] * target[e, 0, i];
                    gt += gradient[e, 0, i] * target[e, 0, i];
                }
                bool isCosine = kind == GradientDistanceKind.RowCosine;
                if (tt == 0 || (isCosine && gg == 0))
                {
                    distance[e, 0, 0] += 1;
                    continue;
                }
                double cosine = gt / Math.Sqrt(gg * tt);
                distance[e, 0, 0] += isCosine ? 1 - cosine : (gg - 2 * gt + tt) / tt;
                for (int i = start; i < start + length; i++)
                    cotangent[e, 0, i] = isCosine
                        ? cosine * gradient[e, 0, i] / gg - target[e, 0, i] / Math.Sqrt(gg * tt)
                        : 2 * (gradient[e, 0, i] - target[e, 0, i]) / tt;
            }
        return (distance, cotangent);
    }

    private static IEnumerable<(int Start, int Length)> Runs(GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks)
    {
        if (kind == GradientDistanceKind.Relative)
        {
            yield return (0, blocks.Sum(block => block.Rows * block.RowLength));
            yield break;
        }
        foreach (ParameterBlock block in blocks)
        {
            if (kind == GradientDistanceKind.RelativePerLayer)
                yield return (block.Offset, block.Rows * block.RowLength);
            else if (block.IsWeight)
                for (int row = 0; row < block.Rows; row++)
                    yield return (block.Offset + row * block.RowLength, block.RowLength);
        }
    }
}
