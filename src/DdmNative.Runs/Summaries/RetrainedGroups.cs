using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Summaries;

/// <summary>The groups without which a run retrained the network: their exact effects beside those that the methods predicted.</summary>
/// <param name="Objective">The objective: the job's first.</param>
/// <param name="Methods">[A]: the methods in the job's order.</param>
/// <param name="Groups">The groups, the highest exact effect first.</param>
public sealed record RetrainedGroups(string Objective, IReadOnlyList<string> Methods, IReadOnlyList<RetrainedGroup> Groups)
{
    /// <summary>Reads a run's folder; null if nothing was retrained for the present attribution.</summary>
    /// <exception cref="BadInputException">A file is damaged.</exception>
    public static RetrainedGroups? Read(string folder)
    {
        if (!File.Exists(Path.Combine(folder, AttributionFile.Name)))
            return null;
        var effects = ShownEffects.Read(folder, isValidated: true);
        AttributionFile file = effects.File;
        var groups = new List<RetrainedGroup>();
        for (int g = 0; g < file.Groups; g++)
        {
            if (effects.Exact(0, g) is (double exact, var noise))
                groups.Add(new RetrainedGroup(g, file.Names?[g], file.Classes[g],
                    file.Classes[g] < 0 ? null : file.ClassNames?.ElementAtOrDefault(file.Classes[g]), file.Sizes[g], exact, noise,
                    [.. effects.Matrices.Select(matrix => matrix[0, g])]));
        }

        return groups.Count == 0 ? null
            : new RetrainedGroups(file.Objectives[0], file.Methods, [.. groups.OrderByDescending(group => group.Exact)]);
    }
}

/// <summary>A group of <see cref="RetrainedGroups"/>.</summary>
/// <param name="Group">Its number.</param>
/// <param name="Name">The user's name for it, or null.</param>
/// <param name="Class">Its class; negative if it has several.</param>
/// <param name="ClassName">The name of its class; null if it is not known.</param>
/// <param name="Size">The number of its training images.</param>
/// <param name="Exact">The effect by exact retraining: F(with) − F(without).</param>
/// <param name="ExactNoise">Its standard error over the seeds; null for one seed.</param>
/// <param name="Predicted">[A]: the same by each method, in the unit of exact retraining where that could be fitted.</param>
public sealed record RetrainedGroup(int Group, string? Name, int Class, string? ClassName, int Size, double Exact, double? ExactNoise,
    IReadOnlyList<double> Predicted);
