using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Reports;

/// <summary>
/// The misclassified test images of a report, each with the training images and the groups that made it so, and those that argued against.
/// </summary>
internal static class ReportMistakes
{
    private const int MostMistakes = 60, MostImages = 6, MostGroups = 3;

    /// <summary>Of the pictures, in bytes before compression; base64 adds a third.</summary>
    private const int TestBytes = 500_000, TrainBytes = 2_000_000;

    /// <summary>The mistakes with the highest probabilities; null if the run has none.</summary>
    public static object? Read(RunFolder run, RunInputs inputs, GroupTable groups)
    {
        if (!run.Holds(MisclassifiedFile.Name))
            return null;
        var mistakes = MisclassifiedFile.Read(run.PathOf(MisclassifiedFile.Name));
        Dictionary<int, int> positions = inputs.Test.SourceIndices.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        int[] order = [.. Enumerable.Range(0, mistakes.Test.Length).Where(t => positions.ContainsKey(mistakes.Test[t]))
            .OrderByDescending(t => mistakes.Probability[t]).Take(MostMistakes)];
        if (order.Length == 0)
            return null;

        // [T]: the training images that lowered the margin most, and those that raised it most.
        (int[] Made, int[] Opposed)[] causes = [.. order.Select(t => Ends(mistakes.Effects[t], MostImages))];
        int[] kept = [.. causes.SelectMany(of => of.Made.Concat(of.Opposed)).Distinct().Order()];
        var place = kept.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        SampleSheet? tests = SampleSheet.Draw(inputs, inputs.Test, [.. order.Select(t => positions[mistakes.Test[t]])], TestBytes),
            images = SampleSheet.Draw(inputs, inputs.Train, kept, TrainBytes);
        object[] Named(double[] effects, int[] chosen) => [.. chosen.Select(n => new[] { place[n], ReportEffects.Rounded(effects[n]) })];
        return new
        {
            method = MethodRegistry.Title(mistakes.Method), total = mistakes.Test.Length, tests,
            images = new
            {
                images?.Width, images?.Height, images?.Columns, images?.Picture, ids = kept.Select(n => inputs.Train.SourceIndices[n]),
                files = inputs.Train.SourceFiles is null ? null : kept.Select(inputs.Train.FileOf),
                labels = kept.Select(n => inputs.Train.Labels[n]), groups = kept.Select(n => groups.GroupOf[n]),
            },
            list = order.Select((t, i) => new
            {
                test = mistakes.Test[t], file = inputs.Test.FileOf(positions[mistakes.Test[t]]), label = mistakes.Labels[t],
                predicted = mistakes.Predicted[t], probability = ReportEffects.Rounded(mistakes.Probability[t]),
                made = Named(mistakes.Effects[t], causes[i].Made), opposed = Named(mistakes.Effects[t], causes[i].Opposed),
                groups = GroupsOf(mistakes.Effects[t], groups),
            }),
        };
    }

    /// <summary>The positions of the lowest negative values, the lowest first, and of the highest positive ones, the highest
    /// first.</summary>
    private static (int[] Lowest, int[] Highest) Ends(double[] values, int most)
    {
        int[] order = [.. Enumerable.Range(0, values.Length).OrderBy(n => values[n])];
        return ([.. order.Take(most).Where(n => values[n] < 0)], [.. order.Reverse().Take(most).Where(n => values[n] > 0)]);
    }

    /// <summary>The groups that lowered the margin most, with the sums of their images' effects, and the one that raised it
    /// most.</summary>
    private static IEnumerable<double[]> GroupsOf(double[] effects, GroupTable groups)
    {
        double[] sums = SampleEffects.ByGroup(effects, groups);
        (int[] lowest, int[] highest) = Ends(sums, MostGroups);
        return lowest.Concat(highest.Take(1)).Select(g => new[] { g, ReportEffects.Rounded(sums[g]) });
    }
}
