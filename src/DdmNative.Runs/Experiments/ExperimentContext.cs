using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Evaluation;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Compute;

namespace DdmNative.Runs.Experiments;

/// <summary>The inputs and settings of an experiment.</summary>
/// <param name="folder">The folder for the variants' run folders and the models that they share.</param>
/// <param name="job">The settings that all variants share: data, network, training, groups, seed; and the evaluation's seeds and
/// percentages.</param>
/// <param name="methods">The requested methods; empty for the experiment's default.</param>
/// <param name="settings">The settings that control how runs are carried out.</param>
/// <param name="device">The device for the kernels.</param>
/// <param name="listener">The progress listener.</param>
/// <param name="stop">The cancellation token.</param>
public sealed class ExperimentContext(
    string folder, Job job, IReadOnlyList<string> methods, RunSettings settings, Device device, IRunListener listener,
    CancellationToken stop)
{
    private readonly RunSettings _settings = settings with { RetrainedModels = Path.Combine(folder, "retrained"), PyTorch = null };

    /// <summary>The settings that all variants share.</summary>
    public Job Job { get; } = job
        with { Validation = new JobValidation(), Unlearning = null,
        Attribution = new JobAttribution { Samples = JobAttribution.NoSamples, ReferenceGroups = 0 } };

    /// <summary>The requested methods, or the experiment's default.</summary>
    public IReadOnlyList<string> MethodsOf(Experiment experiment) => methods.Count > 0 ? methods : experiment.DefaultMethods;

    /// <summary>The full path of a file or run of the experiment.</summary>
    public string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>Shows a message to the user.</summary>
    public void Note(string message) => listener.Note(message);

    /// <summary>Creates a variant of the job that measures some methods with some metrics.</summary>
    public static Job Measured(Job variant, IReadOnlyList<string> measured, params IReadOnlyList<string> metrics) => variant with
    {
        Attribution = variant.Attribution with { Methods = measured },
        Evaluation = (variant.Evaluation ?? new JobEvaluation()) with { Metrics = metrics },
    };

    /// <summary>Runs a variant in its own run folder, or resumes it.</summary>
    public EvaluationSummary Run(string variant, Job job)
    {
        ArgumentNullException.ThrowIfNull(job);
        JobRules.Check(job, (field, found, expected) =>
            new BadInputException($"variant {variant}", field, found, expected, "Change the experiment's job."));
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

    /// <summary>Whether the variant sets the field to another value than the shared job.</summary>
    private bool IsOfVariant(string field, Job variant)
        => JobFields.Find(field) is not null && !System.Text.Json.Nodes.JsonNode.DeepEquals(JobFields.ValueOf(variant, field),
            JobFields.ValueOf(Job, field));

    /// <summary>Reads results of a finished variant.</summary>
    internal T Look<T>(string variant, Job job, Func<StageContext, T> look)
    {
        using RunFolder run = RunFolder.Open(PathOf(variant));
        return look(new StageContext(run, job, _settings, device, RunInputs.Load(job, RunGoal.Evaluate),
            new NestedListener(variant, listener), "", stop));
    }

    /// <summary>A figure of a method; NaN if it could not be computed.</summary>
    public static double Figure(EvaluationSummary evaluation, string method, string figure)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        return evaluation.Methods.FirstOrDefault(line => line.Name == method) is EvaluatedMethod line
            && line.Figures.TryGetValue(figure, out double value) ? value : double.NaN;
    }
}
