using CommandLine;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Jobs;

namespace DdmNative.Cli.Verbs;

/// <summary>The options of every verb that works with groups.</summary>
internal abstract class GroupedOptions : RunOptions
{
    [Sets("groups.file")]
    [Option("groups", MetaValue = "FILE",
        HelpText = "Your own groups: a csv file with the columns sample,group. Default: clusters within each class.")]
    public string? Groups { get; set; }

    [Sets("groups.per_class")]
    [Option("clusters", MetaValue = "N", HelpText = "Clusters per class. Default: 5.")]
    public int? Clusters { get; set; }

    [Sets("groups.space")]
    [Option("cluster-space", MetaValue = "NAME", HelpText = "What is clustered: features or pixels. Default: features.")]
    public string? ClusterSpace { get; set; }

    /// <summary>
    /// A note that the run's effects are of classes or single images, which a verb that leaves out groups changes; null if they are of
    /// groups.
    /// </summary>
    protected string? NoteOnGranularity => _was is null or Granularity.Group ? null
        : $"This run's effects were of each {_was}. This verb leaves out groups, "
            + $"so effects are computed for groups; ddm attribute --granularity {_was} restores the others.";

    private string? _was;

    /// <summary>The job with these options.</summary>
    protected Job ApplyGroups(Job job)
    {
        _was = job.Attribution.Granularity;
        if (Groups is not null && (Clusters is not null || ClusterSpace is not null))
            throw new BadUsageException("--groups replaces the clusters; remove --clusters and --cluster-space.");
        bool clusters = Clusters is not null || ClusterSpace is not null;
        return job with
        {
            Groups = new JobGroups
            {
                File = Groups ?? (clusters ? null : job.Groups.File),
                PerClass = Clusters ?? job.Groups.PerClass,
                Space = ClusterSpace ?? job.Groups.Space,
            },
        };
    }
}
