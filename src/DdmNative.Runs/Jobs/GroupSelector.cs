using System.Globalization;
using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// A selector of groups by description: <c>class=3,cluster=2</c> is cluster 2 of class 3, <c>class=3</c> all of class 3,
/// <c>class=Shirt</c> the same by the class's name, <c>class=3,5,cluster=0</c> the first clusters of both, <c>group=7,12</c> groups by
/// number, <c>name=annotator-5</c> the user's own groups by name (several classes may have the same name). A group must meet all
/// conditions of a selector; several selectors add groups.
/// </summary>
internal sealed class GroupSelector
{
    private const string Group = "group", Class = "class", Cluster = "cluster", Name = "name";
    private const string Form = "class=3,cluster=2 or class=3,5 or class=Shirt or group=7,12 or name=annotator-5";
    private const int MostListed = 20;

    private static readonly string[] Keys = [Group, Class, Cluster, Name];

    private readonly Dictionary<string, List<string>> _conditions;

    private GroupSelector(Dictionary<string, List<string>> conditions) => _conditions = conditions;

    /// <summary>The description of a valid selector if the text is not one; null if it is.</summary>
    public static string? Fault(string text)
    {
        (_, string? fault) = Parse(text);
        return fault;
    }

    /// <summary>Returns the groups that a request selects, ascending.</summary>
    /// <param name="unlearning">Valid group numbers and selectors.</param>
    /// <param name="classOf">[G]: the class of each group.</param>
    /// <param name="clusterOf">[G]: the cluster of each group.</param>
    /// <param name="names">[G]: the names, or null if the groups have none.</param>
    /// <param name="classNames">[K]: the names of the classes, or null if they have none.</param>
    /// <exception cref="BadInputException">A number is not a group's, a selector matches none, a class is meant in two ways, or no group
    /// would remain.</exception>
    public static int[] Resolve(JobUnlearning unlearning, int[] classOf, int[] clusterOf, string[]? names,
        IReadOnlyList<string>? classNames = null)
    {
        if (unlearning.Groups.FirstOrDefault(group => group < 0 || group >= classOf.Length, -1) is int bad and not -1)
            throw BadInputException.OfJob("unlearning.groups", Number(bad), $"0 to {classOf.Length - 1}",
                "Use the group numbers in groups.csv.");
        var chosen = new SortedSet<int>(unlearning.Groups);
        for (int i = 0; i < unlearning.Forget.Count; i++)
        {
            string text = unlearning.Forget[i];
            GroupSelector selector = Parse(text).Selector!.WithNumbers($"unlearning.forget[{i}]", classNames);
            int[] fitting = [.. Enumerable.Range(0, classOf.Length).Where(g => selector.Fits(g, classOf[g], clusterOf[g], names?[g]))];
            if (fitting.Length == 0)
                throw BadInputException.OfJob($"unlearning.forget[{i}]", $"'{text}', which matches no group",
                    WhatThereIs(classOf, clusterOf, names, classNames), selector.Advice(classNames), mostShown: 1000);
            chosen.UnionWith(fitting);
        }

        return chosen.Count < classOf.Length
            ? [.. chosen]
            : throw BadInputException.OfJob(unlearning.Groups.Count > 0 ? "unlearning.groups" : "unlearning.forget",
                $"all {classOf.Length} groups", "at least one group that remains",
                "Select fewer groups: a model must keep at least one group.");
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
                    return (null, $"each condition once, followed by all its values, e.g. {Form}");
            }

            string value = part[(equals + 1)..].TrimStart();
            if (key.Length == 0 || value.Length == 0)
                return (null, Form);
            bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            if (key is Group or Cluster && !isNumber)
                return (null, $"whole numbers from 0 after {key}=, e.g. {Form}");
            conditions[key].Add(key is Group or Cluster ? Number(number) : value);
        }

        return (new GroupSelector(conditions), null);
    }

    /// <summary>The same selector with the number of every class in place of its name.</summary>
    private GroupSelector WithNumbers(string field, IReadOnlyList<string>? classNames)
        => _conditions.TryGetValue(Class, out List<string>? values)
            ? new GroupSelector(new Dictionary<string, List<string>>(_conditions)
            {
                [Class] = [.. values.Select(value => NumberOf(field, value, classNames ?? []))],
            })
            : this;

    /// <summary>The number of a class that is given by number or name; the text itself if it is neither, which fits no group.</summary>
    /// <exception cref="BadInputException">It is the number of one class and the name of another.</exception>
    private static string NumberOf(string field, string value, IReadOnlyList<string> classNames)
    {
        int named = classNames.TakeWhile(name => name != value).Count();
        bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (named == classNames.Count)
            return isNumber ? Number(number) : value;
        return !isNumber || number == named || number >= classNames.Count
            ? Number(named)
            : throw BadInputException.OfJob(field, $"class={value}, the name of class {named} and the number of '{classNames[number]}'",
                "one class", "Select its groups by their numbers in groups.csv: group=7,12.");
    }

    /// <summary>What to do about a selector that fits no group.</summary>
    private string Advice(IReadOnlyList<string>? classNames)
        => classNames is not null && _conditions.TryGetValue(Class, out List<string>? values)
            && values.Select(value => NearestWord.Of(value, [.. classNames])).FirstOrDefault(word => word is not null) is string meant
            ? $"Select some of these. Did you mean class={meant}?" : "Select some of these.";

    private bool Fits(int group, int ofClass, int cluster, string? name)
        => Holds(Group, Number(group)) && Holds(Class, Number(ofClass)) && Holds(Cluster, Number(cluster)) && Holds(Name, name);

    private bool Holds(string key, string? value)
        => !_conditions.TryGetValue(key, out List<string>? values) || (value is not null && values.Contains(value));

    private static string WhatThereIs(int[] classOf, int[] clusterOf, string[]? names, IReadOnlyList<string>? classNames)
    {
        string classes = ShortList.Of(classOf.Distinct().Order()
            .Select(c => classNames is null || c < 0 ? Number(c) : $"{Number(c)} ({classNames[c]})"), MostListed);
        string groups = $"groups 0 to {classOf.Length - 1} in classes {classes}";
        return names is null
            ? $"{groups}, each with clusters {clusterOf.Min()} to {clusterOf.Max()} at most"
            : $"{groups}, named {ShortList.Of(names.Distinct().Order(StringComparer.Ordinal), MostListed)}";
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
