using DdmNative.Attribution.Objectives;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Methods;

/// <summary>
/// `finetune`: the target trained on for a few epochs on the real data without the part, against a control that is trained on with
/// everything, in the same order. Weight decay, label smoothing and augmentation are the recipe's; the schedule is a cosine without a
/// rise. Unit: the objective's, too small, because the target forgets only what the others overwrite. Cost: (G +
/// 1)·epochs passes over the data.
/// </summary>
/// <param name="epochs">Epochs after the end of training.</param>
/// <param name="rate">The first learning rate as a share of the recipe's; it falls to zero along a cosine.</param>
public sealed class Finetune(int epochs = 2, double rate = 1) : IAttributionMethod
{
    public object Options => new { epochs, rate };

    /// <summary>From <c>epochs</c> and <c>rate</c>.</summary>
    /// <exception cref="MethodRequestException">A setting is wrong.</exception>
    public static Finetune From(MethodSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new Finetune(settings.Whole("epochs", 2, 1, 10_000), settings.Real("rate", 1, 0, 100));
    }

    public bool FallsIntoPieces => true;

    public MemoryEstimate Estimate(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return LeaveOutModels.Estimate(context, context.Parts.Count);
    }

    public AttributionMatrix Attribute(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        TrainingOptions recipe = context.Recipe
            with
            {
                LearningRate = (float)(rate * context.Recipe.LearningRate),
                Epochs = epochs,
                Steps = null,
                Schedule = LearningRateShape.Cosine,
                Warmup = 0,
            };
        CounterfactualLogits logits = LeaveOutModels.Train(context, recipe, context.Target,
            CounterfactualLogits.EachGroup(context.Parts.Count));
        return AttributionMatrix.From(logits, context.Test.Labels, context.Objectives);
    }
}
