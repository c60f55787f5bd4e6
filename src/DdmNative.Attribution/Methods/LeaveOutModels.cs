using System.Globalization;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>Models trained without sets of parts, for the methods that train: in waves along the ensemble axis, each finished wave kept.</summary>
/// <param name="context">The request.</param>
/// <param name="name">Keeps the waves of several trainings of one method apart.</param>
internal sealed class LeaveOutModels(MethodContext context, string name)
{
    /// <summary>Models trained together: what a killed job loses at most.</summary>
    public const int Wave = 8;

    /// <summary>The memory that so many models take.</summary>
    public static MemoryEstimate Estimate(MethodContext context, int models)
    {
        int wave = Math.Min(context.Bounded(Wave), models + 1);
        return new MemoryEstimate(
            ("models", MemoryEstimate.Vectors(context.Network, 3L * wave)),
            ("passes", MemoryEstimate.Pass(context.Network, wave, context.Recipe.BatchSize)),
            ("logits", (models + 1L) * context.Test.Count * context.Network.Classes * sizeof(float)));
    }

    /// <summary>The reference and a model without each set of parts, on the evaluation samples.</summary>
    public CounterfactualLogits Train(TrainingOptions recipe, float[] initial, IReadOnlyList<int[]> leftOut)
    {
        long steps = recipe.TotalSteps(context.Train.Count);
        var training = new LeaveOutTraining(context.Device, context.Network, context.TrainSet, context.Parts.GroupOf, context.Evaluator);
        return training.Run(recipe, initial, leftOut, new WaveOptions
        {
            Wave = context.Bounded(Wave),
            Finished = [.. Finished(recipe.Seed, leftOut.Count)],
            OnWave = wave => context.Kept.Keep(NameOf(wave.Members[0]), [wave.Members.Length, .. wave.Members, .. wave.Logits]),
            OnProgress = (done, total) => context.OnProgress?.Invoke((double)done / steps, (double)total / steps, "models"),
        }, context.Cancellation);
    }

    private IEnumerable<RetrainedWave> Finished(ulong seed, int models)
    {
        for (int member = 0; member <= models; member++)
        {
            if (context.Kept.Find(NameOf(member)) is not double[] kept)
                continue;
            int count = (int)kept[0];
            yield return new RetrainedWave(seed, [.. kept.Skip(1).Take(count).Select(value => (int)value)], [.. kept.Skip(1 + count).Select(value => (float)value)]);
        }
    }

    private string NameOf(int firstMember) => string.Create(CultureInfo.InvariantCulture, $"{name}-{firstMember:D5}");
}
