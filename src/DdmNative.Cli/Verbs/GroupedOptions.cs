using CommandLine;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Jobs;

namespace DdmNative.Cli.Verbs;

/// <summary>The options of every verb that works with groups.</summary>
internal abstract class GroupedOptions : RunOptions
{
    [Sets("groups.file")]
    [Option("groups", MetaValue = "FILE", HelpText = "Your own groups: a csv with the columns sample,group. Default: clusters inside each class.")]
    public string? Groups { get; set; }

    [Sets("groups.per_class")]
    [Option("clusters", MetaValue = "N", HelpText = "Clusters per class. Default: 5.")]
    public int? Clusters { get; set; }

    [Sets("groups.space")]
    [Option("cluster-space", MetaValue = "NAME", HelpText = "What is clustered: features or pixels. Default: features.")]
    public string? ClusterSpace { get; set; }

    /// <summary>
    /// That the run's effects were of classes or single images, which a verb that leaves out groups changes; null where they were not.
    /// </summary>
    protected string? NoteOnGranularity => _was is null or Granularity.Group ? null
        : $"This run's effects were of each {_was}. What is left out here are groups, "
            + $"so they are found of groups again; ddm attribute --granularity {_was} brings back the others.";

    private string? _was;

    /// <summary>The job with these options.</summary>
    protected Job ApplyGroups(Job job)
    {
        _was = job.Attribution.Granularity;
        if (Groups is not null && (Clusters is not null || ClusterSpace is not null))
            throw new BadUsageException("--groups brings groups of your own; leave out --clusters and --cluster-space.");
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
