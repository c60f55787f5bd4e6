using CommandLine;
using DdmNative.Attribution.Runs.Jobs;

namespace DdmNative.Cli.Verbs;

/// <summary>The options of every verb that works with groups.</summary>
internal abstract class GroupedOptions : RunOptions
{
    [Option("groups", MetaValue = "FILE", HelpText = "Your own groups: a csv with the columns sample,group. Default: clusters inside each class.")]
    public string? Groups { get; set; }

    [Option("clusters", MetaValue = "N", HelpText = "Clusters per class. Default: 5.")]
    public int? Clusters { get; set; }

    [Option("cluster-space", MetaValue = "NAME", HelpText = "What is clustered: features or pixels. Default: features.")]
    public string? ClusterSpace { get; set; }

    /// <summary>The job with these options.</summary>
    protected Job ApplyGroups(Job job)
    {
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
