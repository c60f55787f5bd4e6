using DdmNative.Compute.Contracts;

namespace DdmNative.Compute.Tests.Reference;

/// <summary>The distances run by run: a run is the parameters of one term of the sum (all blocks, one tensor, or one output row).</summary>
internal static class ReferenceGradientDistance
{
    public static (DoubleTensor Distance, DoubleTensor Cotangent) Evaluate(
        int members, GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks, DoubleTensor gradient, DoubleTensor target)
    {
        var distance = new DoubleTensor(TensorShape.Vector(members, 1));
        var cotangent = new DoubleTensor(TensorShape.Vector(members, gradient.Shape.Channels));
        for (int e = 0; e < members; e++)
            foreach (int[] run in Runs(kind, blocks))
            {
                (double gg, double tt, double gt) = (0, 0, 0);
                foreach (int i in run)
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
                foreach (int i in run)
                    cotangent[e, 0, i] = isCosine
                        ? cosine * gradient[e, 0, i] / gg - target[e, 0, i] / Math.Sqrt(gg * tt)
                        : 2 * (gradient[e, 0, i] - target[e, 0, i]) / tt;
            }
        return (distance, cotangent);
    }

    /// <summary>The parameters of each term. Parameters outside the blocks belong to none.</summary>
    private static IEnumerable<int[]> Runs(GradientDistanceKind kind, IReadOnlyList<ParameterBlock> blocks) => kind switch
    {
        GradientDistanceKind.Relative => [[.. blocks.SelectMany(Parameters)]],
        GradientDistanceKind.RelativePerLayer => blocks.Select(block => Parameters(block).ToArray()),
        _ => blocks.Where(block => block.IsWeight).SelectMany(block => Parameters(block).Chunk(block.RowLength)),
    };

    private static IEnumerable<int> Parameters(ParameterBlock block) => Enumerable.Range(block.Offset, block.Rows * block.RowLength);
}
