using System.Globalization;
using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `retrain`: the definition itself. The target's recipe again without each part, from the same initialisation in the same order with the part's samples dropped; the reference is the
/// same recipe with everything. Unit: the objective's. Cost: G + 1 trainings, along the ensemble axis.
/// </summary>
public sealed class Retrain : IAttributionMethod
{
    private const int OwnWave = 8;

    public object Options => new { };

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int wave = Math.Min(context.Bounded(OwnWave), context.Parts.Count + 1);
        return new MemoryEstimate(
            ("models", MemoryEstimate.Vectors(context.Network, 3L * wave)),
            ("passes", MemoryEstimate.Pass(context.Network, wave, context.Recipe.BatchSize)),
            ("logits", (context.Parts.Count + 1L) * context.Test.Count * context.Network.Classes * sizeof(float)));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        long steps = context.Recipe.TotalSteps(context.Train.Count);
        var training = new LeaveOutTraining(context.Device, context.Network, context.TrainSet, context.Parts.GroupOf, context.Evaluator);
        CounterfactualLogits logits = training.Run(context.Recipe, context.Network.Initialise(context.Recipe.Seed), CounterfactualLogits.EachGroup(context.Parts.Count), new WaveOptions
        {
            Wave = context.Bounded(OwnWave),
            Finished = [.. FinishedWaves(context)],
            OnWave = wave => context.Kept.Keep(NameOf(wave.Members[0]), [wave.Members.Length, .. wave.Members, .. wave.Logits]),
            OnProgress = (done, total) => context.OnProgress?.Invoke((double)done / steps, (double)total / steps, "models"),
        }, context.Cancellation);
        return AttributionMatrix.From(logits, context.Test.Labels, context.Objectives);
    }

    private static IEnumerable<RetrainedWave> FinishedWaves(MethodContext context)
    {
        for (int member = 0; member <= context.Parts.Count; member++)
        {
            if (context.Kept.Find(NameOf(member)) is double[] kept)
            {
                int count = (int)kept[0];
                yield return new RetrainedWave(context.Recipe.Seed, [.. kept.Skip(1).Take(count).Select(value => (int)value)], [.. kept.Skip(1 + count).Select(value => (float)value)]);
            }
        }
    }

    private static string NameOf(int firstMember) => string.Create(CultureInfo.InvariantCulture, $"wave-{firstMember:D5}");
}
