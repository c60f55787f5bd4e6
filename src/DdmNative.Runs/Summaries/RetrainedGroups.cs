using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Summaries;

/// <summary>The groups without which a run retrained the network: their exact effects beside those that the methods predicted.</summary>
/// <param name="Objective">The objective: the job's first.</param>
/// <param name="Methods">[A]: the methods in the job's order.</param>
/// <param name="Groups">The groups, the highest exact effect first.</param>
public sealed record RetrainedGroups(string Objective, IReadOnlyList<string> Methods, IReadOnlyList<RetrainedGroup> Groups)
{
    private const string ClassNamesArray = "class_names";

    /// <summary>Reads a run's folder; null if nothing was retrained for the present attribution.</summary>
    /// <exception cref="BadInputException">A file is damaged.</exception>
    public static RetrainedGroups? Read(string folder)
    {
        string path = Path.Combine(folder, AttributionFile.Name);
        if (!File.Exists(path))
            return null;
        var attribution = AttributionFile.Read(path);
        if (ValidationFile.Read(folder, attribution) is not ValidationFile validation)
            return null;
        NpzContents arrays = Npz.Read(path);
        string[]? classes = arrays.Arrays.ContainsKey(ClassNamesArray) ? arrays.Elements<string>(ClassNamesArray) : null;
        RetrainedGroup[] groups =
        [
            .. validation.Groups.Select((g, i) => new RetrainedGroup(
                g, attribution.Names?[g], attribution.Classes[g], classes?.ElementAtOrDefault(attribution.Classes[g]), attribution.Sizes[g],
                validation.Exact[0, i], [.. validation.Predicted.Select(matrix => matrix[0, i])])),
        ];
        return new RetrainedGroups(attribution.Objectives[0], validation.Methods, [.. groups.OrderByDescending(group => group.Exact)]);
    }
}

/// <summary>A group of <see cref="RetrainedGroups"/>.</summary>
/// <param name="Group">Its number.</param>
/// <param name="Name">The user's name for it, or null.</param>
/// <param name="Class">Its class; negative if it has several.</param>
/// <param name="ClassName">The name of its class; null if it is not known.</param>
/// <param name="Size">The number of its training images.</param>
/// <param name="Exact">The effect by exact retraining: F(with) − F(without).</param>
/// <param name="Predicted">[A]: the same by each method.</param>
public sealed record RetrainedGroup(int Group, string? Name, int Class, string? ClassName, int Size, double Exact,
    IReadOnlyList<double> Predicted);
