using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;

namespace DdmNative.Runs.Jobs;

/// <summary>
/// What a job on features of any model uses where it says nothing: softmax regression as the network, a method that needs no images, and no
/// matrix that grows with a million samples or a thousand classes. What the job cannot have, because there are no images, is refused.
/// </summary>
public static class FeatureDefaults
{
    /// <summary>The method of a job that names none.</summary>
    public const string Method = "influence";

    private const string Architecture = "logistic";

    /// <summary>The most classes that have a row of the matrix each by default.</summary>
    private const int MostClasses = 100;

    /// <summary>The most samples whose effects are each computed by default.</summary>
    private const int MostSamples = 100_000;

    /// <summary>Replaces the defaults that are made for images, except of fields that are given.</summary>
    /// <param name="job">The job.</param>
    /// <param name="train">The features.</param>
    /// <param name="given">Fields that were set explicitly, even to the default value.</param>
    /// <exception cref="BadInputException">A size or a norm is given, and no network that has it.</exception>
    internal static Job Apply(Job job, Dataset train, IReadOnlySet<string> given)
    {
        var usual = new JobAttribution();
        if (job.Target is null && job.Network.Architecture == new JobNetwork().Architecture && !given.Contains("network.architecture"))
            job = job with { Network = WithoutSizes(job.Network) with { Architecture = Architecture } };
        JobAttribution attribution = job.Attribution;
        if (attribution.Methods.SequenceEqual(usual.Methods) && !given.Contains("attribution.methods"))
            attribution = attribution with { Methods = [Method] };
        if (train.Classes > MostClasses && attribution.Objectives.SequenceEqual(usual.Objectives)
            && !given.Contains("attribution.objectives"))
            attribution = attribution with { Objectives = ["loss"] };
        if (train.Count > MostSamples && attribution.Samples == usual.Samples && !given.Contains("attribution.samples"))
            attribution = attribution with { Samples = JobAttribution.NoSamples };
        return job with { Attribution = attribution };
    }

    private static JobNetwork WithoutSizes(JobNetwork network)
    {
        foreach ((string field, object? value) in ((string, object?)[])[("network.width", network.Width), ("network.depth", network.Depth),
            ("network.norm", network.Norm)])
        {
            if (value is not null)
                throw BadInputException.OfJob(field, $"{value} without network.architecture",
                    $"no such setting: the default network for features, {Architecture}, is a head alone",
                    "Name the architecture mlp for a network with hidden layers, or remove the setting.");
        }

        return network;
    }

    /// <summary>Refuses what needs images.</summary>
    /// <exception cref="BadInputException">A method works on synthetic images, or the baselines or mirrored images are
    /// requested.</exception>
    internal static void Require(Job job, RunGoal goal)
    {
        const string Remedy
            = "Choose one that works on features: influence, feature, head, ekfac, trak, tracin, grad-dot, grad-cos, retrain.";
        IEnumerable<(string Field, string Method)> named = goal.Attributes() || goal == RunGoal.Distill
            ? job.Attribution.Methods.SelectMany((method, i) => MethodRegistry.Parts(method)
            .Select(part => ($"attribution.methods[{i}]", part))) : [];
        if (goal.Unlearns() && job.Unlearning is JobUnlearning unlearning)
            named = named.Append(("unlearning.method", unlearning.Method));
        foreach ((string field, string method) in named)
        {
            if (job.Matching.RecipeFor(method) is { HasImages: true })
                throw BadInputException.OfJob(field, $"'{method}', which works on synthetic images", "a method for features", Remedy);
        }

        if (job.Training.Flip)
            throw BadInputException.OfJob("training.flip", "true, which mirrors images", "false for features", "Remove the setting.");
        if (goal.Validates() && job.Validation is { Baselines: true, Groups: not 0 })
            throw BadInputException.OfJob("validation.baselines", "true, which needs synthetic images", "false for features",
                "Compare with other methods instead: attribution.methods takes several.");
    }
}
