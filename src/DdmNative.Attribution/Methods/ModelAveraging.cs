using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `model-averaging`: modular ablation. The parts are dealt out to shards, one model is trained on each shard alone from one common start
/// (which is what lets parameters be averaged: Wortsman et al., "Model soups", ICML 2022), and the model without a part is the average of
/// the shards' parameters but the one that holds it: W[o, g] = F_o(average of all) − F_o(average without g's shard), averaged over several
/// deals. Unit: the objective's, of a shard rather than a part where a shard holds several. Cost: deals × shards trainings on a share of
/// the data each, whatever G.
/// </summary>
/// <param name="shards">Shards of one deal; as many as parts where there are fewer.</param>
/// <param name="deals">Independent deals.</param>
public sealed class ModelAveraging(int shards = 10, int deals = 4) : IAttributionMethod
{
    public object Options => new { shards, deals };

    /// <summary>From <c>shards</c> and <c>deals</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static ModelAveraging From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new ModelAveraging(settings.Whole("shards", 10, 2, 100_000), settings.Whole("deals", 4, 1, 100_000));
    }

    public bool FallsIntoPieces => true;

    public string? Fault(int parts) => parts < 2
        ? "Method 'model-averaging' needs two parts or more: without its only one nothing is left to average." : null;

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int count = Math.Min(shards, context.Parts.Count), wave = Math.Min(context.Bounded(LeaveOutModels.Wave), count);
        return new MemoryEstimate(("models", MemoryEstimate.Vectors(context.Network, 2L * count + 3L * wave)),
            ("passes", MemoryEstimate.Pass(context.Network, wave, context.Recipe.BatchSize)));
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int count = Math.Min(shards, context.Parts.Count), parts = context.Parts.Count;
        if (Fault(context.Parts.Count) is string fault)
            throw new MethodRequestException(fault);
        var effects = new double[context.Objectives.Count * parts];
        int[][] shardsOf = [.. Enumerable.Range(0, deals).Select(deal => PartSplits.Shards(parts, count, context.Seed, deal))];
        IReadOnlyList<double[]> ofDeals = context.Pieces.Each<double>("deal", deals, wave: 1, wave =>
        {
            context.OnProgress?.Invoke(wave.Before, wave.Total, "deals");
            return [.. wave.Pieces.Select(deal => EffectsOfShards(context, shardsOf[deal], count))];
        });
        for (int deal = 0; deal < deals; deal++)
        {
            (int[] shardOf, double[] ofShards) = (shardsOf[deal], ofDeals[deal]);
            for (int o = 0; o < context.Objectives.Count; o++)
            {
                for (int g = 0; g < parts; g++)
                    effects[o * parts + g] += ofShards[o * count + shardOf[g]] / deals;
            }
        }

        return context.ToMatrix(effects);
    }

    /// <summary>[O, shards].</summary>
    private static double[] EffectsOfShards(MethodContext context, int[] shardOf, int count)
    {
        int length = context.Network.ParameterCount;
        var models = new float[(long)count * length];
        int wave = context.Bounded(LeaveOutModels.Wave);
        for (int first = 0; first < count; first += wave)
        {
            int start = first;
            using var trainer = new EnsembleTrainer(context.Device, context.Network, context.TrainSet, context.Recipe,
                Math.Min(wave, count - first));
            trainer.Run(context.Network.Initialise(context.Recipe.Seed),
                (member, sample) => shardOf[context.Parts.GroupOf[sample]] != start + member, null, context.Cancellation);
            trainer.Parameters.CopyTo(models, (long)first * length);
        }

        var sum = new double[length];
        for (int i = 0; i < models.Length; i++)
            sum[i % length] += models[i];
        float[] all = Array.ConvertAll(sum, value => (float)(value / count));
        var without = new float[models.Length];
        for (int i = 0; i < models.Length; i++)
            without[i] = (float)((sum[i % length] - models[i]) / (count - 1));
        CounterfactualLogits logits = context.Evaluator.Counterfactuals(CounterfactualLogits.EachGroup(count), all, without);
        return [.. AttributionMatrix.From(logits, context.Test.Labels, context.Objectives).ToArray().Cast<double>()];
    }
}
