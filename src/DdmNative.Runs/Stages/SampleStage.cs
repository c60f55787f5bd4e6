using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>
/// From groups down to single images: the effects of every training image on the job's objectives by one method whose cost does not grow
/// with their number (<see cref="MethodRegistry.PerSample"/>), <c>attribution/samples.npz</c>, as <see cref="MethodStage"/> writes it with
/// G = N. They say which images of a group its effect comes from.
/// </summary>
internal sealed class SampleStage : MethodStage
{
    public const string StageName = "samples", ResultFile = "attribution/samples.npz";

    private readonly Job _job;
    private readonly string _method;

    private SampleStage(Job job, string method)
        : base(job, method)
        => (_job, _method) = (job, method);

    public override string Name => StageName;

    public override string Title => $"attribute every image by {MethodRegistry.Title(_method)}";

    public override string PartialPath => "attribution/samples.partial";

    protected override string Field => "attribution.samples";

    protected override string Columns => Granularity.Sample;

    protected override string FileName => ResultFile;

    /// <summary>
    /// The stage of that job, or null where it asks for none: the matrix has single images itself, or no objective is one that the method
    /// can take.
    /// </summary>
    public static SampleStage? For(Job job)
        => MethodOf(job) is string method && RowsOf(job, method).Any() ? new SampleStage(job, method) : null;

    /// <summary>The method that single images are attributed by; null for none.</summary>
    public static string? MethodOf(Job job)
        => job.Attribution.Granularity == Granularity.Sample
            || job.Attribution.Samples == JobAttribution.NoSamples ? null : job.Attribution.Samples;

    protected override IReadOnlyList<Objective> Rows(int[] labels) => JobObjectives.Expand([.. RowsOf(_job, _method)], labels);

    private static IEnumerable<string> RowsOf(Job job, string method)
        => job.Attribution.Objectives.Where(objective => !(MethodRegistry.Find(method)!.NeedsGradients && JobObjectives.IsFlat(objective)));
}
