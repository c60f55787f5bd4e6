using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// Tests a method's effects on a few models that are retrained without random parts. A method that extrapolates from one training gives no
/// sign of its own where it is wrong. The models are the first of those that <see cref="Auto"/> retrains.
/// </summary>
/// <param name="context">The request.</param>
/// <param name="models">M, the models to retrain; 0 for no test.</param>
internal sealed class RetrainingCheck(MethodContext context, int models)
{
    /// <summary>The share of the parts that a model keeps, unless they are too few for M different subsets: then half.</summary>
    public const double Keep = 0.8;

    /// <summary>A score below this is reported as low.</summary>
    public const double Low = 0.5;

    /// <summary>[M][]: the parts that each model leaves out; empty if nothing is to be tested, or there are too few parts.</summary>
    public IReadOnlyList<int[]> Removed { get; } = Draw(context, models);

    /// <summary>Trains the models, or finds them; in a shard, its own.</summary>
    public IReadOnlyList<float[]> Retrain() => LeaveOutModels.Retrained(context, Removed);

    /// <summary>Tells the user the score of these effects, as notes and as the figures <c>score</c> and <c>score_error</c>.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="effects">[O, G].</param>
    /// <param name="advice">What to do if the score is low, a sentence.</param>
    public void Tell(string method, AttributionMatrix effects, string advice)
    {
        if (Removed.Count == 0)
            return;
        double[][] predicted = [.. effects.Flatten().Chunk(effects.Groups).Select(row => LinearDatamodelingScore.Predict(row, Removed))];
        SubsetScore score = SubsetScore.Of(predicted, LeaveOutModels.Outcomes(context, Retrain()));
        context.OnFigure?.Invoke("score", score.Score);
        context.OnFigure?.Invoke("score_error", score.Error);
        context.OnWarning?.Invoke($"{method}: score {score} over {Removed.Count} models that were retrained without random parts"
            + (score.Score < Low ? $", which is low. {advice}" : "."));
    }

    private static IReadOnlyList<int[]> Draw(MethodContext context, int models)
    {
        int parts = context.Parts.Count;
        if (models == 0 || context.IsTested || parts < 2)
            return [];
        double keep = RandomSubsets.KeepFor(parts, Keep, models);
        return RandomSubsets.Different(parts, keep) < models ? []
            : RandomSubsets.Draw(parts, keep, models, context.Seed, SubsetUse.Auto);
    }
}
