using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Reports;

/// <summary>The training images of a report whose labels are most likely wrong.</summary>
internal static class ReportSuspects
{
    private const int MostSuspects = 200;

    /// <summary>Of their pictures, in bytes before compression; base64 adds a third.</summary>
    private const int PictureBytes = 600_000;

    /// <summary>The first suspects with their pictures; null if the run has none.</summary>
    public static object? Read(RunFolder run, RunInputs inputs, GroupTable groups)
    {
        if (!run.Holds(SuspectFile.Name))
            return null;
        Dictionary<int, int> positions = inputs.Train.SourceIndices.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        IReadOnlyList<Suspect> all = SuspectFile.Read(run.PathOf(SuspectFile.Name));
        (int Index, Suspect Suspect)[] first = [.. all.Index().Where(entry => positions.ContainsKey(entry.Item.Sample)).Take(MostSuspects)];
        if (first.Length == 0)
            return null;
        int[] samples = [.. first.Select(entry => positions[entry.Suspect.Sample])];
        return new
        {
            total = all.Count, score = SuspectFile.ScoreOf(run.PathOf(SuspectFile.Name)),
            images = SampleSheet.Draw(inputs, inputs.Train, samples, PictureBytes),
            list = first.Select((entry, i) => new
            {
                entry.Suspect.Sample, entry.Suspect.File, entry.Suspect.Label, group = groups.GroupOf[samples[i]],
                score = ReportEffects.Rounded(entry.Suspect.Score), rank = entry.Index + 1, entry.Suspect.Predicted,
                probability = ReportEffects.Rounded(entry.Suspect.Probability), loss = ReportEffects.Rounded(entry.Suspect.Loss),
            }),
        };
    }
}
