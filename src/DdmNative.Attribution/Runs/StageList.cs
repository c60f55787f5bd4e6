using DdmNative.Attribution.Runs.Jobs;
using DdmNative.Attribution.Runs.Stages;

namespace DdmNative.Attribution.Runs;

/// <summary>The stages that lead to a goal, each after those that it needs.</summary>
internal static class StageList
{
    public static IReadOnlyList<Stage> For(Job job, RunGoal goal, RunSettings settings, RunInputs inputs)
    {
        var stages = new List<Stage> { inputs.Target is null ? new TrainStage(job) : new ImportStage(job, inputs.Target) };
        if (goal == RunGoal.Train)
            return stages;
        stages.Add(new GroupStage(job, inputs.OwnGroups));
        JobUnlearning? unlearning = goal is RunGoal.Unlearn or RunGoal.Everything ? job.Unlearning : null;
        IEnumerable<string> methods = goal == RunGoal.Unlearn ? [] : goal == RunGoal.Distill ? job.Attribution.Methods.Take(1) : job.Attribution.Methods;
        SynsetRecipe[] recipes = [.. AttributionMethods.Parts(methods).Append(unlearning?.Method ?? "").Select(method => SynsetRecipe.For(method, job.Matching)).OfType<SynsetRecipe>().Distinct()];
        stages.AddRange(recipes.Select(recipe => new DistillStage(job, recipe)));
        if (goal != RunGoal.Unlearn && SynsetStage.Shown(job) is SynsetRecipe shown && recipes.Contains(shown))
            stages.Add(new SynsetStage(shown));
        if (goal is RunGoal.Attribute or RunGoal.Validate or RunGoal.Evaluate or RunGoal.Everything)
            stages.AddRange(Attribution(job, validates: goal is RunGoal.Validate or RunGoal.Everything && job.Validation.Groups != 0));
        if (goal is RunGoal.Evaluate or RunGoal.Everything && job.Evaluation is JobEvaluation evaluation)
            stages.AddRange(evaluation.Metrics.Select(metric => EvaluationStage.For(metric, job, evaluation)));
        if (unlearning is not null)
            stages.Add(new UnlearnStage(job, unlearning, inputs.Forgotten));
        if (settings.PyTorch is not null && goal == RunGoal.Everything)
            stages.Add(new PyTorchStage(job, settings.PyTorch));
        return stages;
    }

    private static IEnumerable<Stage> Attribution(Job job, bool validates)
    {
        foreach (string method in AttributionMethods.Parts(job.Attribution.Methods))
            yield return AttributionMethods.IsOfSuite(method) ? new MethodStage(job, method) : new OnlineStage(job, method);
        if (ReferenceStage.For(job) is ReferenceStage reference)
            yield return reference;
        yield return new AttributeStage(job);
        if (SampleStage.For(job) is SampleStage samples)
            yield return samples;
        if (validates)
        {
            yield return new RetrainStage(job);
            if (job.Validation.Baselines)
                yield return new BaselineStage(job);
            yield return new ValidateStage(job);
        }
    }
}
