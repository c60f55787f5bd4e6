using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Metrics;

/// <summary>A baseline: a group helps its own class, and the total, in proportion to its size, and affects no other class.</summary>
public static class GroupSizeBaseline
{
    /// <summary>−n_g for the total loss and the loss of the group's own class, 0 for every other objective.</summary>
    public static AttributionMatrix Compute(GroupTable groups, IReadOnlyList<Objective> objectives)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(objectives);
        var values = new double[objectives.Count, groups.Count];
        for (int o = 0; o < objectives.Count; o++)
        {
            for (int g = 0; g < groups.Count; g++)
            {
                if (objectives[o] is { Kind: ObjectiveKind.Loss, Samples: null } loss
                    && (loss.Class is null || loss.Class == groups.ClassOf[g]))
                    values[o, g] = -groups.Sizes[g];
            }
        }

        return new AttributionMatrix([.. objectives.Select(objective => objective.Name)], values);
    }
}
