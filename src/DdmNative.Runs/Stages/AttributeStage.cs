using System.Globalization;
using System.Text;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>From the methods' logits to effects: <c>attribution.npz</c> with all methods, <c>attribution.csv</c> with the first.</summary>
internal sealed class AttributeStage(Job job) : Stage
{
    public const string StageName = "attribute";
    private const string CsvFile = "attribution.csv";

    public override string Name => StageName;

    public override string Title => "fill the attribution matrix";

    public override IReadOnlyList<string> Needs => [GroupStage.StageName,
        .. MethodRegistry.Parts(job.Attribution.Methods).Select(MethodStage.NameOf), .. ReferenceOf(job)];

    /// <summary>
    /// The stage that effects in real units rest on beside their methods'; empty where they are as the methods made them.
    /// </summary>
    public static IEnumerable<string> ReferenceOf(Job job) => ReferenceStage.For(job) is null ? [] : [ReferenceStage.StageName];

    public override object Settings
        => new { Attribution = job.Attribution with { Samples = JobAttribution.NoSamples }, EffectCheck.Settings, HasNoise = true };

    public override double? Work(TrainingPasses passes) => 0;

    public override ShardWork InShard => ShardWork.Merge;

    public override StageResult Run(StageContext context)
    {
        GroupTable groups = MethodStage.Parts(context);
        IReadOnlyList<Objective> objectives = JobObjectives.Expand(job.Attribution.Objectives, context.Inputs.Test.Labels);
        var effects = new MethodEffects(context, objectives);
        AttributionMatrix[] matrices = [.. job.Attribution.Methods.Select(effects.Read)];
        double[] scales = [.. job.Attribution.Methods.Select(method => effects.Check(method)?.Scale ?? 1)];
        new AttributionFile(job.Attribution.Methods, matrices, scales, groups.ClassOf, groups.ClusterOf, groups.Sizes, groups.Names)
        {
            Noise = [.. job.Attribution.Methods.Select(method => effects.Noise(method, groups.ClassOf))],
            TargetValues = TargetValues(context, objectives),
            Totals = job.Attribution.Granularity == Granularity.Group ? Totals(effects, groups) : null,
            ClassNames = context.Inputs.Train.ClassNames,
        }.Write(context.PathFor(AttributionFile.Name));
        AtomicFile.WriteText(context.PathFor(CsvFile), Csv(matrices[0], groups, context.Inputs.Train));
        var figures = new Dictionary<string, double>();
        foreach (string method in job.Attribution.Methods.Union(MethodRegistry.Parts(job.Attribution.Methods)))
            effects.Check(method)?.AddTo(figures, method);

        return new StageResult([AttributionFile.Name, CsvFile], figures);
    }

    /// <summary>[O]: the objectives of the target itself.</summary>
    private static double[] TargetValues(StageContext context, IReadOnlyList<Objective> objectives)
    {
        float[] logits = ModelFigures.Logits(context, TrainStage.ReadTarget(context), context.Inputs.Test);
        return [.. objectives.Select(objective => objective.Evaluate(logits, context.Inputs.Test.Labels))];
    }

    private TotalEffects? Totals(MethodEffects effects, GroupTable groups)
    {
        if (effects.Totals is not OwnTotals totals)
            return null;
        (AttributionMatrix Effects, AttributionMatrix Noise, string By)[] found = [.. job.Attribution.Methods.Select(effects.ReadTotals)];
        return new TotalEffects(totals.Names, [.. totals.Groups.Select(of => of.Sum(g => groups.Sizes[g]))],
            [.. found.Select(of => of.Effects)], [.. found.Select(of => of.Noise)], [.. found.Select(of => of.By)]);
    }

    /// <summary>
    /// A line per group, a column per objective, under a comment with the sign convention; then the words for the group: its name, its
    /// class's, and of a single sample its index in the original data and its file, as far as there are any.
    /// </summary>
    private string Csv(AttributionMatrix matrix, GroupTable groups, Dataset train)
    {
        bool isSample = job.Attribution.Granularity == Granularity.Sample;
        var words = new List<(string Column, Func<int, string> Of)>();
        if (groups.Names is string[] names)
            words.Add(("name", g => names[g]));
        if (train.ClassNames is IReadOnlyList<string> classNames)
            words.Add(("class_name", g => groups.ClassOf[g] == GroupTable.SeveralClasses ? "" : classNames[groups.ClassOf[g]]));
        if (isSample)
            words.Add(("sample", g => train.SourceIndices[g].ToString(CultureInfo.InvariantCulture)));
        if (isSample && train.SourceFiles is not null)
            words.Add(("file", g => train.FileOf(g)!));
        var text = new StringBuilder();
        text.Append("# ").Append(AttributionMatrix.Convention).Append('\n');
        text.Append("group,class,cluster,size,").AppendJoin(',', matrix.Objectives.Concat(words.Select(word => word.Column)).Select(Quoted))
            .Append('\n');
        for (int g = 0; g < groups.Count; g++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{g},{groups.ClassOf[g]},{groups.ClusterOf[g]},{groups.Sizes[g]}");
            for (int o = 0; o < matrix.Objectives.Count; o++)
                text.Append(',').Append(matrix[o, g].ToString("R", CultureInfo.InvariantCulture));
            foreach ((_, Func<int, string> word) in words)
                text.Append(',').Append(Quoted(word(g)));
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Quoted(string text)
        => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
