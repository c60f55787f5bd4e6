using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs;

/// <summary>The stages that lead to a goal, each after those that it needs.</summary>
internal static class StageList
{
    /// <summary>The stages of a run that go on from its folder's record.</summary>
    /// <remarks>
    /// Exact retraining that the run has done is compared with whatever is attributed later, be it asked for or not: it costs nothing more,
    /// and a validated run stays one.
    /// </remarks>
    public static IReadOnlyList<Stage> For(Job job, RunGoal goal, RunSettings settings, RunInputs inputs, RunRecord? record)
    {
        IReadOnlyList<Stage> stages = For(job, goal, settings, inputs);
        if (goal.Validates() || !goal.Attributes() || settings.Shard is not null || job.Validation.Groups == 0
            || job.Attribution.Granularity != Granularity.Group || record is null)
            return stages;
        IReadOnlyList<Stage> validated = For(job, goal, settings, inputs, validates: true);
        IReadOnlyDictionary<string, StageRecord> finished = new Pipeline(validated, inputs.Sha256).Finished(record);
        return finished.ContainsKey(RetrainStage.StageName) && (!job.Validation.Baselines || finished.ContainsKey(BaselineStage.StageName))
            ? validated : stages;
    }

    /// <summary>The stages of a goal.</summary>
    public static IReadOnlyList<Stage> For(Job job, RunGoal goal, RunSettings settings, RunInputs inputs)
        => For(job, goal, settings, inputs, goal.Validates());

    private static List<Stage> For(Job job, RunGoal goal, RunSettings settings, RunInputs inputs, bool validates)
    {
        var stages = new List<Stage> { inputs.Target is null ? new TrainStage(job) : new ImportStage(job, inputs.Target) };
        if (goal == RunGoal.Train)
            return stages;
        stages.Add(new GroupStage(job, inputs.OwnGroups));
        JobUnlearning? unlearning = goal.Unlearns() ? job.Unlearning : null;

        // An evaluation on subsets of samples needs no effects of groups.
        bool ofSamplesOnly = goal == RunGoal.Evaluate && job.Evaluation is { IsOfSamplesOnly: true };
        IEnumerable<string> methods = goal == RunGoal.Unlearn || ofSamplesOnly
            ? [] : goal == RunGoal.Distill ? job.Attribution.Methods.Take(1) : job.Attribution.Methods;
        // The synsets of groups; methods distil those of classes themselves.
        IEnumerable<string> distilled = goal == RunGoal.Distill || job.Attribution.Granularity == Granularity.Group
            ? MethodRegistry.Parts(methods) : [];
        if (unlearning is not null)
            distilled = distilled.Append(unlearning.Method);
        SynsetRecipe[] recipes = [.. distilled.Select(job.Matching.RecipeFor).OfType<SynsetRecipe>().Distinct()];
        stages.AddRange(recipes.Select(recipe => new DistillStage(job, recipe)));
        if (goal != RunGoal.Unlearn && SynsetStage.Shown(job) is SynsetRecipe shown && recipes.Contains(shown))
            stages.Add(new SynsetStage(shown));
        if (goal.Attributes() && !ofSamplesOnly)
            stages.AddRange(Attribution(job, inputs, validates && job.Validation.Groups != 0));
        if (goal.Evaluates())
            stages.AddRange(EvaluatedSamplesStage.For(job));
        if (goal.Evaluates() && job.Evaluation is JobEvaluation evaluation)
            stages.AddRange(evaluation.Metrics.Select(metric => EvaluationStage.For(metric, job, evaluation)));
        if (unlearning is not null)
            stages.Add(new UnlearnStage(job, unlearning, inputs.Forgotten));
        if (settings.PyTorch is not null && goal == RunGoal.Everything)
            stages.Add(new PyTorchStage(job, settings.PyTorch));
        return stages;
    }

    private static IEnumerable<Stage> Attribution(Job job, RunInputs inputs, bool validates)
    {
        var totals = OwnTotals.For(inputs.OwnGroups);
        foreach (string method in MethodRegistry.Parts(job.Attribution.Methods))
            yield return new MethodStage(job, method, inputs.Train.Classes, totals);
        if (ReferenceStage.For(job) is ReferenceStage reference)
            yield return reference;
        yield return new AttributeStage(job);
        if (SampleStage.For(job) is SampleStage samples)
            yield return samples;
        if (MisclassifiedStage.For(job, inputs) is MisclassifiedStage misclassified)
            yield return misclassified;
        yield return new SuspectStage();
        if (validates)
        {
            yield return new RetrainStage(job);
            if (job.Validation.Baselines)
                yield return new BaselineStage(job);
            yield return new ValidateStage(job);
        }
    }
}
