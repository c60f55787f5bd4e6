using DdmNative.Attribution.Formats;
using DdmNative.Runs.Folders;

namespace DdmNative.Runs.Experiments;

/// <summary>All experiments by name, and how to run one.</summary>
public static class ExperimentCatalog
{
    /// <summary>The experiments, in the order of the paper's sections.</summary>
    public static IReadOnlyList<Experiment> All { get; } =
        [new ReverseVersusForward(), new PerturbedAccuracy(), new UselessData(), new Architectures(), new ClustersPerClass(),
        new ImagesPerGroup(), new Initialisation()];

    /// <summary>The experiment with a name, or null.</summary>
    public static Experiment? Find(string name) => All.FirstOrDefault(experiment => experiment.Name == name);

    /// <summary>
    /// Runs an experiment in its folder, and writes <c>NAME.csv</c>, <c>NAME.md</c> and <c>NAME.svg</c> next to its runs.
    /// </summary>
    /// <exception cref="BadInputException">The folder contains other files.</exception>
    public static ExperimentResult Run(Experiment experiment, ExperimentContext context)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(context);
        RequireOwn(context.PathOf(""));
        ExperimentResult result = experiment.Run(context);
        AtomicFile.WriteText(context.PathOf(experiment.Name + ".csv"), result.Table.Csv());
        AtomicFile.WriteText(context.PathOf(experiment.Name + ".svg"), result.Chart);
        AtomicFile.WriteText(context.PathOf(experiment.Name + ".md"),
            $"# {experiment.Title}\n\n{result.Caption}\n\n{result.Table.Markdown()}\n![{experiment.Title}]({experiment.Name}.svg)\n");
        return result;
    }

    /// <summary>Rejects a folder with other files, which the results could replace.</summary>
    private static void RequireOwn(string folder)
    {
        RunFolder.RequireFolder(folder);
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
            return;
        if (!Directory.EnumerateDirectories(folder).Any(RunFolder.IsRun) || RunFolder.IsRun(folder))
            throw new BadInputException(folder, "experiment folder", "files that are not an experiment's",
                "an empty folder, an experiment's, or a new name", "Choose another folder.");
        RunFolder.RequireNoLinkedFolders(folder);
    }
}
