namespace DdmNative.Compute.Cpu;

/// <summary>
/// Finds instance norms whose output goes to a ReLU and pool and to nothing else, and replaces them by <see cref="FusedNormPool"/>. All
/// calls that read the norm's output or its cotangent must be part of such pairs; otherwise the norm stays as it was recorded.
/// </summary>
internal static class NormPoolFusion
{
    public static IReadOnlyList<CpuCall> Apply(IReadOnlyList<CpuCall> calls)
    {
        var result = new List<CpuCall?>(calls);
        foreach (CpuInstanceNorm.ForwardCall norm in calls.OfType<CpuInstanceNorm.ForwardCall>())
            TryFuse(calls, norm, result);
        return [.. result.Where(call => call is not null).Select(call => call!)];
    }

    private static void TryFuse(IReadOnlyList<CpuCall> calls, CpuInstanceNorm.ForwardCall norm, List<CpuCall?> result)
    {
        var fused = new Dictionary<int, CpuCall>();
        var vanishing = new HashSet<CpuTensor> { norm.y.Tensor };
        var spreads = new Dictionary<CpuTensor, CpuReluAvgPool.SpreadCall>();
        for (int i = 0; i + 1 < calls.Count; i++)
        {
            switch (calls[i], calls[i + 1])
            {
                case (CpuInstanceNorm.ForwardCall first, CpuReluAvgPool.PoolCall pool)
                    when first == norm && pool.x.Tensor == norm.y.Tensor && pool.values.Tensor == norm.y.Tensor:
                    fused[i] = new FusedNormPool.ForwardCall(norm, pool);
                    break;
                case (CpuInstanceNorm.ForwardTangentCall tangent, CpuReluAvgPool.PoolCall pool)
                    when pool.x.Tensor == norm.y.Tensor && pool.values.Tensor == tangent.yTangent.Tensor
                    && tangent.x.Tensor == norm.x.Tensor:
                    vanishing.Add(tangent.yTangent.Tensor);
                    fused[i] = new FusedNormPool.ForwardTangentCall(norm, tangent, pool);
                    break;
                case (CpuReluAvgPool.SpreadCall spread, CpuInstanceNorm.BackwardCall backward)
                    when spread.x.Tensor == norm.y.Tensor && spread.xCotangent.Tensor == backward.cotangent.Tensor
                    && backward.x.Tensor == norm.x.Tensor:
                    vanishing.Add(backward.cotangent.Tensor);
                    spreads[backward.cotangent.Tensor] = spread;
                    fused[i] = new FusedNormPool.BackwardCall(norm, spread, backward);
                    break;
                case (CpuReluAvgPool.SpreadCall spread, CpuInstanceNorm.BackwardTangentCall backward)
                    when spread.x.Tensor == norm.y.Tensor && spread.xCotangent.Tensor == backward.cotangentTangent.Tensor
                    && backward.x.Tensor == norm.x.Tensor
                        && spreads.TryGetValue(backward.cotangent.Tensor, out CpuReluAvgPool.SpreadCall? primal)
                            && primal.window == spread.window:
                    vanishing.Add(backward.cotangentTangent.Tensor);
                    fused[i] = new FusedNormPool.BackwardTangentCall(norm, primal, spread, backward);
                    break;
            }
        }
        bool isUsedElsewhere = Enumerable.Range(0, calls.Count).Any(
            i => !fused.ContainsKey(i) && !fused.ContainsKey(i - 1)
            && calls[i].Operands.Any(operand => vanishing.Contains(operand.Tensor)));
        if (isUsedElsewhere || !vanishing.All(tensor => tensor.IsTransient))
            return;
        foreach ((int i, CpuCall call) in fused)
            (result[i], result[i + 1]) = (call, null);
    }
}
