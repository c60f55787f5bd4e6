using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Reports;

/// <summary>The effect of every training image, by one method.</summary>
/// <param name="Method">The method.</param>
/// <param name="Objectives">O names.</param>
/// <param name="Rows">[O][N]: F(with the image) − F(without it); null for an objective that the method does not support.</param>
internal sealed record SampleEffects(string Method, string[] Objectives, double[]?[] Rows)
{
    /// <summary>Those of a run whose attribution is finished, on its objectives; null where it has none of single images.</summary>
    public static SampleEffects? Read(RunFolder run, int samples, AttributionFile attribution)
    {
        Job job = run.Record!.Job;
        string[] objectives = [.. attribution.Objectives];
        if (job.Attribution.Granularity == Granularity.Sample)
            return new SampleEffects(job.Attribution.Methods[0], objectives, [.. attribution.Matrices[0].Flatten().Chunk(samples)]);
        if (SampleStage.MethodOf(job) is not string method || !run.Holds(SampleStage.ResultFile))
            return null;
        AttributionMatrix found = MethodFile.ReadEffects(run.PathOf(SampleStage.ResultFile));
        string[] names = [.. found.Objectives];
        double[][] rows = [.. found.Flatten().Chunk(found.Groups)];
        double[]?[] asked = [.. objectives.Select(name => Array.IndexOf(names, name) is >= 0 and int row ? rows[row] : null)];
        return found.Groups == samples && asked.Any(row => row is not null) ? new SampleEffects(method, objectives, asked) : null;
    }

    /// <summary>[G]: the effects of single images, summed by group.</summary>
    public static double[] ByGroup(double[] row, GroupTable groups)
    {
        var sums = new double[groups.Count];
        for (int n = 0; n < row.Length; n++)
            sums[groups.GroupOf[n]] += row[n];
        return sums;
    }

    /// <summary>Whether an image harms the objective.</summary>
    public bool Harms(int objective, int sample) => Objective.Parse(Objectives[objective]).HarmSign * Rows[objective]![sample] > 0;

    /// <summary>All images, those that help the objective most first: that lower a loss, or raise any other objective.</summary>
    public int[] MostHelpfulFirst(int objective)
    {
        double[] row = Rows[objective]!;
        double sign = Objective.Parse(Objectives[objective]).HarmSign;
        return [.. Enumerable.Range(0, row.Length).OrderBy(n => sign * row[n])];
    }
}
