using System.Globalization;
using System.Text;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>From the methods' logits to effects: <c>attribution.npz</c> with all methods, <c>attribution.csv</c> with the first.</summary>
internal sealed class AttributeStage(Job job) : Stage
{
    public const string StageName = "attribute";
    public const string NpzFile = "attribution.npz";

    /// <summary>The array of the user's own names of the groups, where they have names.</summary>
    public const string GroupNames = "group_name";

    private const string CsvFile = "attribution.csv";

    public override string Name => StageName;

    public override string Title => "fill the attribution matrix";

    public override IReadOnlyList<string> Needs => [GroupStage.StageName,
        .. AttributionMethods.Parts(job.Attribution.Methods).Select(OnlineStage.NameOf), .. ReferenceOf(job)];

    /// <summary>
    /// The stage that effects in real units rest on beside their methods'; empty where they are as the methods made them.
    /// </summary>
    public static IEnumerable<string> ReferenceOf(Job job) => ReferenceStage.For(job) is null ? [] : [ReferenceStage.StageName];

    public override object Settings => new { Attribution = job.Attribution with { Samples = JobAttribution.NoSamples }, EffectCheck.Settings };

    public override double? Work(StageWork work) => 0;

    public override ShardWork InShard => ShardWork.Merge;

    public override StageResult Run(StageContext context)
    {
        GroupTable groups = MethodStage.Parts(context);
        IReadOnlyList<Objective> objectives = JobObjectives.Expand(job.Attribution.Objectives, context.Inputs.Test.Labels);
        var effects = new MethodEffects(context, objectives);
        AttributionMatrix[] matrices = [.. job.Attribution.Methods.Select(effects.Read)];
        int rows = matrices[0].Objectives.Count;
        (string, NpyArray)[] names = groups.Names is null ? [] : [(GroupNames, new NpyArray(groups.Names, groups.Count))];
        Npz.Write(context.PathFor(NpzFile),
            [("matrix", new NpyArray(Flat(matrices[0]), rows, groups.Count)),
            ("objectives", new NpyArray(matrices[0].Objectives.ToArray(), rows)),
            ("group_class", new NpyArray(groups.ClassOf, groups.Count)),
            ("group_cluster", new NpyArray(groups.ClusterOf, groups.Count)),
            ("group_size", new NpyArray(groups.Sizes, groups.Count)),
            ("methods", new NpyArray(job.Attribution.Methods.ToArray(), matrices.Length)),
            ("matrices", new NpyArray(matrices.SelectMany(Flat).ToArray(), matrices.Length, rows, groups.Count)),
            ("scales", new NpyArray(job.Attribution.Methods.Select(method => effects.Check(method)?.Scale ?? 1).ToArray(),
                matrices.Length)),
            ("convention", new NpyArray(new[] { AttributionMatrix.Convention }, 1)),
            .. names]);
        AtomicFile.WriteText(context.PathFor(CsvFile), Csv(matrices[0], groups));
        var figures = new Dictionary<string, double>();
        foreach (string method in job.Attribution.Methods.Union(AttributionMethods.Parts(job.Attribution.Methods)))
            effects.Check(method)?.AddTo(figures, method);

        return new StageResult([NpzFile, CsvFile], figures);
    }

    /// <summary>[O·G], row by row.</summary>
    public static double[] Flat(AttributionMatrix matrix) => [.. matrix.ToArray().Cast<double>()];

    /// <summary>A line per group, a column per objective, under a comment with the sign convention.</summary>
    private static string Csv(AttributionMatrix matrix, GroupTable groups)
    {
        var text = new StringBuilder();
        text.Append("# ").Append(AttributionMatrix.Convention).Append('\n');
        text.Append("group,class,cluster,size,").AppendJoin(',', matrix.Objectives.Select(Quoted)).Append('\n');
        for (int g = 0; g < groups.Count; g++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{g},{groups.ClassOf[g]},{groups.ClusterOf[g]},{groups.Sizes[g]}");
            for (int o = 0; o < matrix.Objectives.Count; o++)
                text.Append(',').Append(matrix[o, g].ToString("R", CultureInfo.InvariantCulture));
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Quoted(string name) => name.Contains(',', StringComparison.Ordinal) ? $"\"{name}\"" : name;
}
