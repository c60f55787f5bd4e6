using System.Globalization;
using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Jobs;

/// <summary>What a job's values may be. Checked before anything is written, wherever the job comes from.</summary>
public static class JobRules
{
    /// <summary>Finds the first value that is out of range.</summary>
    /// <param name="job">The job.</param>
    /// <param name="error">Makes the exception from the field (<c>training.epochs</c>), what was found and what was expected.</param>
    /// <param name="goal">How far the job is taken: fields that do not go together are refused where what they ask for is done.</param>
    public static void Check(Job job, Func<string, string, string, Exception> error, RunGoal goal = RunGoal.Everything)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(error);
        var rules = new Rules(error);

        rules.Text("data.source", job.Data.Source);
        rules.Whole("data.train_per_class", job.Data.TrainPerClass, 1, 10_000_000);
        rules.Whole("data.test_per_class", job.Data.TestPerClass, 1, 10_000_000);
        rules.Fraction("data.label_noise", job.Data.LabelNoise);
        Normalization(job.Data, rules);
        ClassNames(job.Data.ClassNames, rules);
        rules.OneOf("network.architecture", job.Network.Architecture, [.. JobChoices.Architectures]);
        Network(job.Network, rules);
        if (job.Target is JobTarget target)
        {
            rules.Text("target.file", target.File);
            rules.Text("target.trajectory", target.Trajectory ?? "none");
            rules.Text("target.name_map", target.NameMap ?? "none");
        }

        rules.Real("training.learning_rate", job.Training.LearningRate, 0, 100);
        rules.Fraction("training.momentum", job.Training.Momentum);
        rules.Whole("training.batch_size", job.Training.BatchSize, 1, 1_000_000);
        rules.Whole("training.epochs", job.Training.Epochs, 1, 100_000);
        Recipe(job.Training, rules);
        if (job.Groups.File is not null)
            rules.Text("groups.file", job.Groups.File);
        rules.Whole("groups.per_class", job.Groups.PerClass, 1, 100_000);
        rules.OneOf("groups.space", job.Groups.Space, [.. JobChoices.ClusterSpaces]);
        rules.Whole("matching.images_per_group", job.Matching.ImagesPerGroup, 1, 1000);
        rules.Whole("matching.steps", job.Matching.Steps, 0, 1_000_000);
        rules.Real("matching.learning_rate", job.Matching.LearningRate, 0, 100);
        rules.OneOf("matching.distance", job.Matching.Distance, [.. JobChoices.Distances]);
        rules.OneOf("matching.start", job.Matching.Start, JobMatching.RealStart, JobMatching.MeanStart, JobMatching.NoiseStart);
        rules.Whole("validation.groups", job.Validation.Groups, 0, 1_000_000);
        rules.Whole("validation.seeds", job.Validation.Seeds, 1, 1000);
        rules.Whole("validation.calibrate", job.Validation.Calibrate, 0, job.Validation.Groups ?? 1_000_000);
        Methods(job, goal, rules);
        Objectives(job, rules);
        if (job.Evaluation is not null)
            Evaluation(job.Evaluation, job, goal, rules);
        if (job.Unlearning is not null)
            Unlearning(job.Unlearning, job, goal, rules);
    }

    private static void Network(JobNetwork network, Rules rules)
    {
        rules.Whole("network.width", network.Width, 1, 4096);
        rules.Whole("network.depth", network.Depth, 1, 16);
        rules.Fraction("network.dropout", network.Dropout);
        rules.OneOf("network.activation", network.Activation, JobNetwork.Relu, JobNetwork.Gelu);
        if (network.Norm is string norm)
        {
            rules.OneOf("network.norm", norm, [.. JobChoices.Norms]);
            if (NetworkRegistry.Find(network.Architecture)!.StandardNorm is null)
                throw rules.Error("network.norm", $"{norm} for {network.Architecture}",
                    $"none, or one of {string.Join(", ", NetworkRegistry.All.Where(n => n.StandardNorm is not null).Select(n => n.Name))}");
        }

        bool hasHidden = NetworkRegistry.Find(network.Architecture)!.HasHiddenLayers;
        if (!hasHidden && network.Dropout > 0)
            throw rules.Error("network.dropout", FormattableString.Invariant($"{network.Dropout} for {network.Architecture}"),
                "0: only mlp has dropout");
        if (network.Hidden is not IReadOnlyList<int> hidden)
            return;
        if (!hasHidden)
            throw rules.Error("network.hidden", $"{hidden.Count} layers for {network.Architecture}", "none: only mlp has hidden layers");
        if (hidden.Count is < 1 or > 16)
            throw rules.Error("network.hidden", $"{hidden.Count} layers", "1 to 16 layers; use logistic for none");
        for (int i = 0; i < hidden.Count; i++)
            rules.Whole($"network.hidden[{i}]", hidden[i], 1, 65536);
        if (network.Width is not null || network.Depth is not null)
            throw rules.Error("network.hidden", "hidden layers beside a width or a depth", "hidden, or width and depth");
    }

    private static void Recipe(JobTraining training, Rules rules)
    {
        rules.Fraction("training.weight_decay", training.WeightDecay);
        if (training.Nesterov && training.Momentum == 0)
            throw rules.Error("training.nesterov", "true with training.momentum 0", "false, or a momentum above 0");
        rules.OneOf("training.schedule", training.Schedule, [.. JobChoices.Schedules]);
        rules.Fraction("training.warmup", training.Warmup ?? 0);
        rules.Fraction("training.label_smoothing", training.LabelSmoothing);
        rules.Whole("training.crop", training.Crop, 0, 1000);
    }

    private static void Normalization(JobData data, Rules rules)
    {
        if (data.Mean is null != data.Std is null)
            throw rules.Error(data.Mean is null ? "data.std" : "data.mean",
                $"no {(data.Mean is null ? "mean" : "standard deviation")} beside it", "both, with as many numbers, or neither");
        if (data.Mean is not IReadOnlyList<double> mean || data.Std is not IReadOnlyList<double> std)
            return;
        if (mean.Count == 0 || std.Count != mean.Count)
            throw rules.Error("data.std", $"{std.Count} numbers beside {mean.Count} of data.mean",
                "one for each channel, or one for all, in both");
        if (!mean.All(double.IsFinite))
            throw rules.Error("data.mean", string.Join(", ", mean), "finite numbers");
        if (!std.All(value => double.IsFinite(value) && value > 0))
            throw rules.Error("data.std", string.Join(", ", std), "finite numbers above 0");
    }

    private static void ClassNames(IReadOnlyList<string>? names, Rules rules)
    {
        if (names is null)
            return;
        rules.Texts("data.class_names", names);
        if (names.Count == 0)
            throw rules.Error("data.class_names", "an empty list", "a name for each class");
        for (int c = 0; c < names.Count; c++)
        {
            if (string.IsNullOrWhiteSpace(names[c]))
                throw rules.Error($"data.class_names[{c}]", "an empty text", "a name");
            if (names.Take(c).Contains(names[c]))
                throw rules.Error($"data.class_names[{c}]", $"'{names[c]}' a second time", "another name for each class");
        }
    }

    private static void Evaluation(JobEvaluation evaluation, Job job, RunGoal goal, Rules rules)
    {
        if (goal.Evaluates() && job.Attribution.Granularity != Granularity.Group)
            throw rules.Error("attribution.granularity", $"{job.Attribution.Granularity} with an evaluation",
                "group: an evaluation leaves out groups (for single samples, make every sample a group of its own with groups.file)");
        rules.Texts("evaluation.metrics", evaluation.Metrics);
        if (evaluation.Metrics.Count == 0)
            throw rules.Error("evaluation.metrics", "an empty list", $"at least one of {string.Join(", ", EvaluationMetrics.Names)}");
        for (int i = 0; i < evaluation.Metrics.Count; i++)
        {
            string field = $"evaluation.metrics[{i}]";
            rules.OneOf(field, evaluation.Metrics[i], [.. EvaluationMetrics.Names]);
            if (evaluation.Metrics.Take(i).Contains(evaluation.Metrics[i]))
                throw rules.Error(field, $"'{evaluation.Metrics[i]}' a second time", "every metric once");
        }

        rules.Whole("evaluation.seeds", evaluation.Seeds, 1, 1000);
        rules.Whole("evaluation.subsets", evaluation.Subsets, 2, 1_000_000);
        Subsets(evaluation, job, goal, rules);
        rules.Whole("evaluation.predictions", evaluation.Predictions, 1, 1_000_000);
        if (evaluation.Percent.Count == 0)
            throw rules.Error("evaluation.percent", "an empty list", "at least one share above 0 and below 100");
        for (int i = 0; i < evaluation.Percent.Count; i++)
        {
            rules.Share($"evaluation.percent[{i}]", evaluation.Percent[i], 100);
            if (i > 0 && evaluation.Percent[i] <= evaluation.Percent[i - 1])
                throw rules.Error($"evaluation.percent[{i}]", $"{evaluation.Percent[i]} after {evaluation.Percent[i - 1]}",
                    "ascending shares");
        }

        rules.Share("evaluation.label_noise", evaluation.LabelNoise, 1);
    }

    private static void Subsets(JobEvaluation evaluation, Job job, RunGoal goal, Rules rules)
    {
        rules.Texts("evaluation.subsets_of", evaluation.SubsetsOf);
        if (evaluation.SubsetsOf.Count == 0)
            throw rules.Error("evaluation.subsets_of", "an empty list", $"at least one of {string.Join(", ", SubsetSetting.Words)}");
        for (int i = 0; i < evaluation.SubsetsOf.Count; i++)
        {
            string field = $"evaluation.subsets_of[{i}]";
            rules.OneOf(field, evaluation.SubsetsOf[i], [.. SubsetSetting.Words]);
            if (evaluation.SubsetsOf.Take(i).Contains(evaluation.SubsetsOf[i]))
                throw rules.Error(field, $"'{evaluation.SubsetsOf[i]}' a second time", "each word once");
        }

        if (evaluation.Keep.Count == 0)
            throw rules.Error("evaluation.keep", "an empty list", "at least one share above 0 and below 1");
        for (int i = 0; i < evaluation.Keep.Count; i++)
        {
            rules.Share($"evaluation.keep[{i}]", evaluation.Keep[i], 1);
            if (evaluation.Keep.Take(i).Contains(evaluation.Keep[i]))
                throw rules.Error($"evaluation.keep[{i}]", FormattableString.Invariant($"{evaluation.Keep[i]} a second time"),
                    "each share once");
        }

        rules.OneOf("evaluation.prediction_objective", evaluation.PredictionObjective, JobEvaluation.Margin, JobEvaluation.Loss);
        if (goal.Evaluates() && evaluation.HasSubsetsOf(SubsetSetting.Samples)
            && !job.Attribution.Methods.Any(method => MethodRegistry.Supports(method, Granularity.Sample)))
        {
            string[] others = [.. MethodRegistry.All.Where(other => other.Granularities.Contains(Granularity.Sample))
                .Select(other => other.Usage)];
            throw rules.Error("evaluation.subsets_of",
                $"{SubsetSetting.Samples} for {string.Join(", ", job.Attribution.Methods)}, with an evaluation",
                $"{SubsetSetting.Groups}, or in attribution.methods at least one of {string.Join(", ", others)}");
        }
    }

    private static void Methods(Job job, RunGoal goal, Rules rules)
    {
        rules.OneOf("attribution.granularity", job.Attribution.Granularity, [.. Granularity.Names]);
        IReadOnlyList<string> methods = job.Attribution.Methods;
        rules.Texts("attribution.methods", methods);
        if (methods.Count == 0)
            throw rules.Error("attribution.methods", "an empty list", $"at least one of {MethodRegistry.Usage}");
        for (int i = 0; i < methods.Count; i++)
        {
            string field = $"attribution.methods[{i}]";
            RequireMethod(field, methods[i], rules);
            if (methods.Take(i).Contains(methods[i]))
                throw rules.Error(field, $"'{methods[i]}' a second time", "every method once");
            if (goal == RunGoal.Distill && i == 0
                && !MethodRegistry.Parts(methods[i]).Any(part => job.Matching.RecipeFor(part) is not null))
            {
                string[] distilled = [.. MethodRegistry.NamedBy(MethodDescription.ModeOption).Select(method => method.Name)];
                throw rules.Error(field, $"'{methods[i]}', which has no synset", $"one of {string.Join(", ", distilled)}, or feature");
            }

            if (!goal.Attributes())
                continue;
            foreach (string part in MethodRegistry.Parts(methods[i]))
                Blocks(field, part, job, rules);
            Columns(field, methods[i], job, rules);
        }

        if (job.Attribution.Samples is not JobAttribution.NoSamples and string samples)
        {
            if (MethodRegistry.Find(samples) is not { IsPerSample: true })
                throw rules.Error("attribution.samples", $"'{samples}'",
                    $"one of {string.Join(", ", MethodRegistry.PerSample)}, or {JobAttribution.NoSamples}");
            if (MethodRegistry.Fault(samples) is string fault)
                throw rules.Error("attribution.samples", $"'{samples}'", $"a method and settings that it has ({fault})");
        }

        rules.Whole("attribution.reference_groups", job.Attribution.ReferenceGroups, 0, 1000);
        if (goal.Validates() && job.Attribution.Granularity != Granularity.Group && job.Validation.Groups != 0)
            throw rules.Error("attribution.granularity", $"{job.Attribution.Granularity} with validation.groups",
                "group: exact retraining leaves out groups; or validation.groups 0 and the method retrain");
    }

    private static void Unlearning(JobUnlearning unlearning, Job job, RunGoal goal, Rules rules)
    {
        rules.Texts("unlearning.forget", unlearning.Forget);
        if (unlearning.Groups.Count == 0 && unlearning.Forget.Count == 0)
            throw rules.Error("unlearning.groups", "an empty list", "at least one group, here or in unlearning.forget");
        for (int i = 0; i < unlearning.Groups.Count; i++)
            rules.Whole($"unlearning.groups[{i}]", unlearning.Groups[i], 0, 100_000_000);
        for (int i = 0; i < unlearning.Forget.Count; i++)
        {
            if (GroupSelector.Fault(unlearning.Forget[i]) is string fault)
                throw rules.Error($"unlearning.forget[{i}]", $"'{unlearning.Forget[i]}'", fault);
        }

        if (MethodRegistry.IsMean(unlearning.Method) || MethodRegistry.Find(unlearning.Method) is not { CanUnlearn: true })
            throw rules.Error("unlearning.method", $"'{unlearning.Method}'", $"one of {MethodRegistry.Unlearning}");
        RequireMethod("unlearning.method", unlearning.Method, rules);
        if (goal.Unlearns())
            Blocks("unlearning.method", unlearning.Method, job, rules);
    }

    private static void RequireMethod(string field, string method, Rules rules)
    {
        if (MethodRegistry.Parts(method).Any(part => MethodRegistry.Find(part) is null))
            throw rules.Error(field, $"'{method}'", $"one of {MethodRegistry.Usage}");
        if (MethodRegistry.Fault(method) is string fault)
            throw rules.Error(field, $"'{method}'", $"a method and settings that it has ({fault})");
    }

    /// <summary>A method that can say what the job asks of every part.</summary>
    private static void Columns(string field, string method, Job job, Rules rules)
    {
        string granularity = job.Attribution.Granularity;
        bool fits = granularity == Granularity.Group
            || (!MethodRegistry.IsMean(method) && MethodRegistry.Describe(method).Granularities.Contains(granularity));
        if (!fits)
        {
            string[] others = [.. MethodRegistry.All.Where(other => other.Granularities.Contains(granularity))
                .Select(other => other.Usage)];
            throw rules.Error(field, $"'{method}' with granularity {granularity}",
                $"granularity group, or one of {string.Join(", ", others)}");
        }

        if (!MethodRegistry.IsMean(method) && MethodRegistry.Describe(method).NeedsGradients
            && job.Attribution.Objectives.FirstOrDefault(JobObjectives.IsFlat) is string flat)
        {
            throw rules.Error(field, $"'{method}' with objective '{flat}', which is constant almost everywhere",
                "loss, margin or logit for a method that needs the objective's gradient");
        }
    }

    private static void Blocks(string field, string method, Job job, Rules rules)
    {
        // The depth of a network that comes from a file is known once the file is read (RunInputs).
        if (job.Target is null && MethodRegistry.Create(method) is DepthMethod { Blocks: int blocks }
            && job.Network.Complete().Depth is int depth && blocks > depth)
            throw rules.Error(field, $"'{method}'", $"block:1 to block:{depth}, the network's depth");
    }

    private static void Objectives(Job job, Rules rules)
    {
        IReadOnlyList<string> objectives = job.Attribution.Objectives;
        rules.Texts("attribution.objectives", objectives);
        if (objectives.Count == 0)
            throw rules.Error("attribution.objectives", "an empty list", "at least one objective, e.g. \"loss\"");
        for (int i = 0; i < objectives.Count; i++)
        {
            string field = $"attribution.objectives[{i}]";
            if (JobObjectives.Fault(objectives[i]) is string fault)
                throw rules.Error(field, $"'{objectives[i]}'", $"an objective ({fault})");
            if (objectives.Take(i).Contains(objectives[i]))
                throw rules.Error(field, $"'{objectives[i]}' a second time", "every objective once");
        }
    }

    private sealed class Rules(Func<string, string, string, Exception> error)
    {
        public Exception Error(string field, string found, string expected) => error(field, found, expected);

        public void Text(string field, string value)
        {
            if (string.IsNullOrWhiteSpace(value) || value.Contains('\0', StringComparison.Ordinal))
                throw error(field, "an empty text", "a path");
        }

        public void Texts(string field, IReadOnlyList<string> values)
        {
            for (int i = 0; i < values.Count; i++)
            {
                if (values[i] is null)
                    throw error($"{field}[{Number(i)}]", "null", "a text");
            }
        }

        public void Whole(string field, int? value, int least, int most)
        {
            if (value < least || value > most)
                throw error(field, Number(value.Value), $"a whole number from {Number(least)} to {Number(most)}");
        }

        public void Real(string field, float value, float above, float most)
        {
            if (!(value > above && value <= most))
                throw error(field, Number(value), $"a number above {Number(above)} and up to {Number(most)}");
        }

        public void Share(string field, double value, double below)
        {
            if (!(value > 0 && value < below))
                throw error(field, Number(value), $"a number above 0 and below {Number(below)}");
        }

        public void Fraction(string field, double value)
        {
            if (!(value >= 0 && value < 1))
                throw error(field, Number(value), "a number from 0 to below 1");
        }

        public void OneOf(string field, string value, params string[] names)
        {
            if (!names.Contains(value))
                throw error(field, $"'{value}'", $"one of {string.Join(", ", names)}");
        }

        private static string Number(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
    }
}
