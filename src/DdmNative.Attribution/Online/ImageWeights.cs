using DdmNative.Attribution.Matching;

namespace DdmNative.Attribution.Online;

/// <summary>
/// Image weights of a synset without some groups: n_j/(N·m) for an image of group j, so that the whole synset's loss represents the mean
/// over the training set, and zero for removed groups. Without renormalisation the other groups' weights do not change, so every other
/// group has the same influence as in the control.
/// </summary>
internal static class ImageWeights
{
    /// <summary>Fills in weights [G·m]; if renormalised, they sum to one.</summary>
    public static void Fill(OnlineContext context, Synset synset, int[] removed, bool renormalise, Span<float> weights)
    {
        double kept = 1;
        if (renormalise)
        {
            kept -= context.ShareOf(removed);
            if (kept <= 0)
                throw new ArgumentException("All groups are removed together; no images remain.");
        }
        for (int i = 0; i < weights.Length; i++)
        {
            int group = synset.Groups[i];
            weights[i] = removed.Contains(group)
                ? 0 : (float)(context.GroupSizes[group] / (kept * context.TrainingCount * synset.PerGroup));
        }
    }
}
