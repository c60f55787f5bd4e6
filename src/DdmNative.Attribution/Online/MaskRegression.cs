using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Online;

/// <summary>
/// Ridge regression of objective changes on masks (Ye et al., CVPR 2024, Eq. 8; a datamodel, Ilyas et al., ICML 2022): minimises Σ_masks (y
/// − Xw)² + λ‖w‖² for each objective, without an intercept, because an empty removal changes nothing.
/// </summary>
public static class MaskRegression
{
    /// <summary>The effects W [O, G] of each group.</summary>
    /// <param name="removals">The groups that each of the R models leaves out (<see cref="RandomMasks"/>).</param>
    /// <param name="effects">[O, R]: the effects of each mask's groups, with minus without.</param>
    /// <param name="groups">G.</param>
    /// <param name="ridge">λ; it must be positive, because masks may never contain a group.</param>
    /// <exception cref="ArgumentException">The effects are not one per mask.</exception>
    public static AttributionMatrix Fit(IReadOnlyList<int[]> removals, AttributionMatrix effects, int groups, double ridge = 0.1)
    {
        ArgumentNullException.ThrowIfNull(removals);
        ArgumentNullException.ThrowIfNull(effects);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ridge);
        if (effects.Groups != removals.Count)
            throw new ArgumentException($"{removals.Count} masks have effects of {effects.Groups}.", nameof(effects));
        var normal = new CholeskySolver(NormalMatrix(removals, groups, ridge));
        int objectives = effects.Objectives.Count;
        var result = new double[objectives, groups];
        var response = new double[groups];
        for (int o = 0; o < objectives; o++)
        {
            Array.Clear(response);
            for (int mask = 0; mask < removals.Count; mask++)
            {
                foreach (int group in removals[mask].Distinct())
                    response[group] += effects[o, mask];
            }
            normal.Solve(response);
            for (int group = 0; group < groups; group++)
                result[o, group] = response[group];
        }
        return new AttributionMatrix(effects.Objectives, result);
    }

    /// <summary>XᵀX + λI.</summary>
    private static double[][] NormalMatrix(IReadOnlyList<int[]> removals, int groups, double ridge)
    {
        double[][] matrix = [.. Enumerable.Range(0, groups).Select(_ => new double[groups])];
        for (int group = 0; group < groups; group++)
            matrix[group][group] = ridge;
        foreach (int[] removal in removals)
        {
            int[] distinct = [.. removal.Distinct()];
            foreach (int a in distinct)
            {
                foreach (int b in distinct)
                    matrix[a][b]++;
            }
        }
        return matrix;
    }
}
