using System.Globalization;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// Groups by what they are: <c>class=3,cluster=2</c> is cluster 2 of class 3, <c>class=3</c> all of class 3, <c>class=3,5,cluster=0</c> the first clusters of both, <c>group=7,12</c> groups by
/// their numbers, <c>name=annotator-5</c> the user's own by their names (one name may lie in several classes). Within a selector all conditions hold; several selectors name more groups.
/// </summary>
internal sealed class GroupSelector
{
    private const string Group = "group", Class = "class", Cluster = "cluster", Name = "name";
    private const string Form = "class=3,cluster=2 or class=3,5 or group=7,12 or name=annotator-5";
    private const int MostListed = 20;

    private static readonly string[] Keys = [Group, Class, Cluster, Name];

    private readonly Dictionary<string, List<string>> _conditions;

    private GroupSelector(Dictionary<string, List<string>> conditions) => _conditions = conditions;

    /// <summary>Why the text is no selector, as what was expected instead; null where it is one.</summary>
    public static string? Fault(string text)
    {
        (_, string? fault) = Parse(text);
        return fault;
    }

    /// <summary>The groups that a request names, ascending.</summary>
    /// <param name="unlearning">Numbers and selectors, each well formed.</param>
    /// <param name="classOf">[G].</param>
    /// <param name="clusterOf">[G].</param>
    /// <param name="names">[G], or null where the groups have none.</param>
    /// <exception cref="BadInputException">A number is no group's, a selector fits none, or no group would remain.</exception>
    public static int[] Resolve(JobUnlearning unlearning, int[] classOf, int[] clusterOf, string[]? names)
    {
        if (unlearning.Groups.FirstOrDefault(group => group < 0 || group >= classOf.Length, -1) is int bad and not -1)
            throw BadInputException.OfJob("unlearning.groups", Number(bad), $"0 to {classOf.Length - 1}",
                "Name groups by their numbers in groups.csv.");
        var chosen = new SortedSet<int>(unlearning.Groups);
        for (int i = 0; i < unlearning.Forget.Count; i++)
        {
            string text = unlearning.Forget[i];
            GroupSelector selector = Parse(text).Selector!;
            int[] fitting = [.. Enumerable.Range(0, classOf.Length).Where(g => selector.Fits(g, classOf[g], clusterOf[g], names?[g]))];
            if (fitting.Length == 0)
                throw BadInputException.OfJob($"unlearning.forget[{i}]", $"'{text}', which no group fits",
                    WhatThereIs(classOf, clusterOf, names), "Name some of these.", mostShown: 1000);
            chosen.UnionWith(fitting);
        }

        return chosen.Count < classOf.Length
            ? [.. chosen]
            : throw BadInputException.OfJob(unlearning.Groups.Count > 0 ? "unlearning.groups" : "unlearning.forget",
                $"all {classOf.Length} groups", "at least one group that remains",
                "Name fewer: what has forgotten everything is no model.");
    }

    private static (GroupSelector? Selector, string? Fault) Parse(string text)
    {
        var conditions = new Dictionary<string, List<string>>();
        string key = "";
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
            {
                key = part[..equals].TrimEnd();
                if (!Keys.Contains(key))
                    return (null, $"one of {string.Join(", ", Keys)} before each '=', e.g. {Form}");
                if (!conditions.TryAdd(key, []))
                    return (null, $"every condition once, with all its values after it, e.g. {Form}");
            }

            string value = part[(equals + 1)..].TrimStart();
            if (key.Length == 0 || value.Length == 0)
                return (null, Form);
            if (key != Name && !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                return (null, $"whole numbers from 0 after {key}=, e.g. {Form}");
            conditions[key].Add(key == Name ? value : Number(int.Parse(value, CultureInfo.InvariantCulture)));
        }

        return (new GroupSelector(conditions), null);
    }

    private bool Fits(int group, int ofClass, int cluster, string? name)
        => Holds(Group, Number(group)) && Holds(Class, Number(ofClass)) && Holds(Cluster, Number(cluster)) && Holds(Name, name);

    private bool Holds(string key, string? value) => !_conditions.TryGetValue(key, out List<string>? values) || (value is not null && values.Contains(value));

    private static string WhatThereIs(int[] classOf, int[] clusterOf, string[]? names)
    {
        string groups = $"groups 0 to {classOf.Length - 1} in classes {ShortList.Of(classOf.Distinct().Order().Select(Number), MostListed)}";
        return names is null
            ? $"{groups}, each with clusters {clusterOf.Min()} to {clusterOf.Max()} at most"
            : $"{groups}, named {ShortList.Of(names.Distinct().Order(StringComparer.Ordinal), MostListed)}";
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
