using DdmNative.Attribution.Datasets;

namespace DdmNative.Attribution.Formats;

/// <summary>Builds a <see cref="GroupTable"/> from the rows of a groups file, and reports errors in them.</summary>
internal sealed class GroupTableBuilder
{
    private readonly CsvRows _rows;
    private readonly Dataset _data;
    private readonly bool _passOverForeign;
    private readonly Dictionary<int, int> _positions = [];
    private readonly HashSet<int> _seen = [];
    private readonly int[] _groupOf;
    private readonly SortedDictionary<int, (int Class, int Cluster, string? Name)> _groups = [];
    private readonly int[] _clustersIn;
    private readonly Dictionary<(string Name, int Class), int> _named = [];

    public GroupTableBuilder(CsvRows rows, Dataset data, bool passOverForeign)
    {
        _rows = rows;
        _data = data;
        _passOverForeign = passOverForeign;
        _groupOf = new int[data.Count];
        _clustersIn = new int[data.Classes];
        for (int n = 0; n < data.Count; n++)
            _positions.Add(data.SourceIndices[n], n);
    }

    /// <summary>The dataset position of an original sample; null for a sample outside the subset that may be ignored.</summary>
    public int? Position(int sample)
    {
        if (sample >= _data.SourceCount)
            throw _rows.Error("sample", $"{sample}", $"0 to {_data.SourceCount - 1}, the samples of {_data.Name}",
                "Check that the file belongs to this dataset.");
        if (!_seen.Add(sample))
            throw _rows.Error("sample", $"{sample} repeatedly", "every sample once", "Remove one of the lines.");
        if (_positions.TryGetValue(sample, out int position))
            return position;
        return _passOverForeign
            ? null
            : throw _rows.Error("sample", $"{sample}, which is not in the subset", $"only the {_data.Count} samples in use",
                "Use the subset that the file was created for.");
    }

    /// <summary>Adds a row of ddm's own file.</summary>
    public void AddNumbered(int n, int group, int groupClass, int cluster, string? name)
    {
        if (groupClass != _data.Labels[n] && !(groupClass == GroupTable.SeveralClasses && _data.IsFeatures))
            throw _rows.Error("class", $"{groupClass}", $"{_data.Labels[n]}, the sample's label: a group belongs to one class",
                "Split the group by class.");
        if (group >= _data.Count)
            throw _rows.Error("group", $"{group}", $"groups numbered densely, below {_data.Count}",
                "Number the groups from 0 without gaps.");
        if (!_groups.TryAdd(group, (groupClass, cluster, name)) && _groups[group] != (groupClass, cluster, name))
            throw _rows.Error("group", $"group {group} with class {groupClass}, cluster {cluster}, name '{name}'",
                $"class {_groups[group].Class}, cluster {_groups[group].Cluster}, name '{_groups[group].Name}' as above",
                "Give every group one class, cluster and name.");
        _groupOf[n] = group;
    }

    /// <summary>
    /// Adds a row of a user's file. Names are numbered in the order of their first appearance, with one number for each class that they
    /// span; names of features have one number.
    /// </summary>
    public void AddNamed(int n, string name)
    {
        if (_data.IsFeatures)
        {
            AddSpanning(n, name);
            return;
        }

        int label = _data.Labels[n];
        if (!_named.TryGetValue((name, label), out int group))
        {
            group = _named.Count;
            _named.Add((name, label), group);
            _groups.Add(group, (label, _clustersIn[label]++, name));
        }

        _groupOf[n] = group;
    }

    /// <summary>Returns the table, after all rows have been added.</summary>
    public GroupTable Finish()
    {
        int missing = Array.FindIndex(_data.SourceIndices, sample => !_seen.Contains(sample));
        if (missing >= 0)
            throw new BadInputException(_rows.Path, "column 'sample'",
                $"no line for sample {_data.SourceIndices[missing]} ({_data.DescribeSample(missing)}), the first that is missing",
                $"a line for each of the {_data.Count} samples in use", "Add the missing lines.");
        int gap = Enumerable.Range(0, _groups.Count).FirstOrDefault(group => !_groups.ContainsKey(group), -1);
        if (gap >= 0)
            throw new BadInputException(_rows.Path, "column 'group'", $"no group {gap}",
                $"groups numbered densely from 0 to {_groups.Count - 1}",
                "Number the groups without gaps.");
        if (_data.IsFeatures && _named.Count > 0)
            NumberWithinClasses();
        bool named = _groups.Values.All(group => group.Name is not null);
        return new GroupTable(_groupOf, [.. _groups.Values.Select(g => g.Class)], [.. _groups.Values.Select(g => g.Cluster)],
            named ? [.. _groups.Values.Select(g => g.Name!)] : null);
    }

    /// <summary>Adds a row of a group that may have several classes.</summary>
    private void AddSpanning(int n, string name)
    {
        int label = _data.Labels[n];
        if (!_named.TryGetValue((name, GroupTable.SeveralClasses), out int group))
        {
            group = _named.Count;
            _named.Add((name, GroupTable.SeveralClasses), group);
            _groups.Add(group, (label, 0, name));
        }
        else if (_groups[group].Class != label)
        {
            _groups[group] = (GroupTable.SeveralClasses, 0, name);
        }

        _groupOf[n] = group;
    }

    /// <summary>Numbers the groups of each class, and those of several, in their order.</summary>
    private void NumberWithinClasses()
    {
        var met = new Dictionary<int, int>();
        for (int group = 0; group < _groups.Count; group++)
        {
            (int ofClass, _, string? name) = _groups[group];
            int cluster = met.GetValueOrDefault(ofClass);
            met[ofClass] = cluster + 1;
            _groups[group] = (ofClass, cluster, name);
        }
    }
}
