using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Experiments;

/// <summary>All experiments by name, and how one is carried out.</summary>
public static class ExperimentCatalog
{
    /// <summary>In the order of the paper's sections.</summary>
    public static IReadOnlyList<Experiment> All { get; } =
        [new ReverseVersusForward(), new PerturbedAccuracy(), new UselessData(), new Architectures(), new ClustersPerClass(), new ImagesPerGroup(), new Initialisation()];

    /// <summary>The experiment of that name, or null.</summary>
    public static Experiment? Find(string name) => All.FirstOrDefault(experiment => experiment.Name == name);

    /// <summary>Carries an experiment out in its folder: <c>NAME.csv</c>, <c>NAME.md</c> and <c>NAME.svg</c> beside its runs.</summary>
    /// <exception cref="BadInputException">The folder holds something else.</exception>
    public static ExperimentResult Run(Experiment experiment, ExperimentContext context)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(context);
        RequireOwn(context.PathOf(""));
        ExperimentResult result = experiment.Run(context);
        AtomicFile.WriteText(context.PathOf(experiment.Name + ".csv"), result.Table.Csv());
        AtomicFile.WriteText(context.PathOf(experiment.Name + ".svg"), result.Chart);
        AtomicFile.WriteText(context.PathOf(experiment.Name + ".md"), $"# {experiment.Title}\n\n{result.Caption}\n\n{result.Table.Markdown()}\n![{experiment.Title}]({experiment.Name}.svg)\n");
        return result;
    }

    /// <summary>Refuses a folder that holds something else, where results would lie among it or replace it.</summary>
    private static void RequireOwn(string folder)
    {
        RunFolder.RequireFolder(folder);
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
            return;
        if (!Directory.EnumerateDirectories(folder).Any(RunFolder.IsRun) || RunFolder.IsRun(folder))
            throw new BadInputException(folder, "experiment folder", "files that are not an experiment's", "an empty folder, an experiment's, or a new name", "Choose another folder.");
        RunFolder.RequireNoLinkedFolders(folder);
    }
}
