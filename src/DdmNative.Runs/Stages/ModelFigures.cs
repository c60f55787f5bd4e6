using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Stages;

/// <summary>Computes a model's accuracy and loss on some images, as figures of a stage.</summary>
internal static class ModelFigures
{
    /// <summary><c>test_accuracy</c> and <c>test_loss</c>.</summary>
    public static Dictionary<string, double> OfTest(StageContext context, float[] parameters)
    {
        var figures = new Dictionary<string, double>();
        Add(figures, "test", Logits(context, parameters, context.Inputs.Test), context.Inputs.Test.Labels);
        return figures;
    }

    /// <summary>[N, K]: the model's logits.</summary>
    public static float[] Logits(StageContext context, float[] parameters, Dataset images)
    {
        using var evaluator = new ModelEvaluator(context.Device, context.Inputs.Network, images);
        return evaluator.Logits(parameters, 1);
    }

    /// <summary>Adds <c>NAME_accuracy</c> and <c>NAME_loss</c> over all samples, or over the chosen ones.</summary>
    public static void Add(Dictionary<string, double> figures, string name, float[] logits, int[] labels,
        IReadOnlyList<int>? samples = null)
    {
        figures.Add(name + "_accuracy", new Objective(ObjectiveKind.Accuracy, ofSamples: samples).Evaluate(logits, labels));
        figures.Add(name + "_loss", new Objective(ObjectiveKind.Loss, ofSamples: samples).Evaluate(logits, labels));
    }
}
