using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Experiments;

/// <summary>All experiments by name, and how one is carried out.</summary>
public static class ExperimentCatalog
{
    /// <summary>In the order of the paper's sections.</summary>
    public static IReadOnlyList<Experiment> All { get; } =
        [new ReverseVersusForward(), new PerturbedAccuracy(), new UselessData(), new Architectures(), new ClustersPerClass(), new ImagesPerGroup(), new Initialisation()];

    /// <summary>The experiment of that name, or null.</summary>
    public static Experiment? Find(string name) => All.FirstOrDefault(experiment => experiment.Name == name);

    /// <summary>Carries an experiment out in its folder: <c>NAME.csv</c>, <c>NAME.md</c> and <c>NAME.svg</c> beside its runs.</summary>
    public static ExperimentResult Run(Experiment experiment, ExperimentContext context)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(context);
        ExperimentResult result = experiment.Run(context);
        AtomicFile.WriteText(context.PathOf(experiment.Name + ".csv"), result.Table.Csv());
        AtomicFile.WriteText(context.PathOf(experiment.Name + ".svg"), result.Chart);
        AtomicFile.WriteText(context.PathOf(experiment.Name + ".md"), $"# {experiment.Title}\n\n{result.Caption}\n\n{result.Table.Markdown()}\n![{experiment.Title}]({experiment.Name}.svg)\n");
        return result;
    }
}
