using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Evaluation;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Compute;

namespace DdmNative.Runs.Experiments;

/// <summary>What an experiment works with.</summary>
/// <param name="folder">Holds a run folder for each variant, and the models that they share.</param>
/// <param name="job">What all variants have in common: data, network, training, groups, seed; of its evaluation the seeds and shares.</param>
/// <param name="methods">The methods asked for; empty for the experiment's own.</param>
/// <param name="settings">How runs are carried out.</param>
/// <param name="device">Where kernels run.</param>
/// <param name="listener">Who watches.</param>
/// <param name="stop">The user's wish to interrupt.</param>
public sealed class ExperimentContext(
    string folder, Job job, IReadOnlyList<string> methods, RunSettings settings, Device device, IRunListener listener, CancellationToken stop)
{
    private readonly RunSettings _settings = settings with { RetrainedModels = Path.Combine(folder, "retrained"), PyTorch = null };

    /// <summary>What all variants have in common.</summary>
    public Job Job { get; } = job with { Validation = new JobValidation(), Unlearning = null, Attribution = new JobAttribution { Samples = JobAttribution.NoSamples, ReferenceGroups = 0 } };

    /// <summary>The methods asked for, or the experiment's own.</summary>
    public IReadOnlyList<string> MethodsOf(Experiment experiment) => methods.Count > 0 ? methods : experiment.DefaultMethods;

    /// <summary>The full path of a file or run of the experiment.</summary>
    public string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>Tells the user something.</summary>
    public void Note(string message) => listener.Note(message);

    /// <summary>A variant of the job that measures some methods by some metrics.</summary>
    public static Job Measured(Job variant, IReadOnlyList<string> measured, params IReadOnlyList<string> metrics) => variant with
    {
        Attribution = variant.Attribution with { Methods = measured },
        Evaluation = (variant.Evaluation ?? new JobEvaluation()) with { Metrics = metrics },
    };

    /// <summary>Carries a variant out in a run folder of its own, or goes on with it.</summary>
    public EvaluationSummary Run(string variant, Job job)
    {
        ArgumentNullException.ThrowIfNull(job);
        JobRules.Check(job, (field, found, expected) => new BadInputException($"variant {variant}", field, found, expected, "Change the job that the experiment starts from."));
        try
        {
            return Runner.Run(PathOf(variant), job, RunGoal.Evaluate, _settings, device, new NestedListener(variant, listener),
                stop).Evaluation!;
        }
        catch (BadInputException e) when (e.JobField?.Split('[')[0] is string field && IsOfVariant(field, job))
        {
            throw e.At($"variant {variant}", e.JobField, null, e.Remedy);
        }
    }

    /// <summary>Whether a field is as the variant has it, and not as the job has it that all variants start from.</summary>
    private bool IsOfVariant(string field, Job variant)
        => JobFields.Find(field) is not null && !System.Text.Json.Nodes.JsonNode.DeepEquals(JobFields.ValueOf(variant, field),
            JobFields.ValueOf(Job, field));

    /// <summary>Looks into a finished variant.</summary>
    internal T Look<T>(string variant, Job job, Func<StageContext, T> look)
    {
        using RunFolder run = RunFolder.Open(PathOf(variant));
        return look(new StageContext(run, job, _settings, device, RunInputs.Load(job, RunGoal.Evaluate),
            new NestedListener(variant, listener), "", stop));
    }

    /// <summary>A figure of a method; NaN where it could not be formed.</summary>
    public static double Figure(EvaluationSummary evaluation, string method, string figure)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        return evaluation.Methods.FirstOrDefault(line => line.Name == method) is EvaluatedMethod line && line.Figures.TryGetValue(figure, out double value) ? value : double.NaN;
    }
}
