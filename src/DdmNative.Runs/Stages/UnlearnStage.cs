using DdmNative.Attribution.Sharding;
using System.Globalization;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Checkpoints;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Shards;

namespace DdmNative.Runs.Stages;

/// <summary>The model that has forgotten some groups together: <c>unlearned.safetensors</c>, under the same names as the target.</summary>
/// <param name="job">The job.</param>
/// <param name="unlearning">The job's own.</param>
/// <param name="forgotten">The groups that it names, ascending.</param>
internal sealed class UnlearnStage(Job job, JobUnlearning unlearning, int[] forgotten) : Stage
{
    public const string StageName = "unlearn";
    public const string FileName = "unlearned.safetensors";

    /// <summary>The figure that holds how many groups were forgotten.</summary>
    public const string Groups = "forgotten_groups";

    /// <summary>After a figure's name: as it was before the groups were forgotten.</summary>
    public const string Before = "_before";

    /// <summary>
    /// What accuracy and loss are measured on: <c>NAME_accuracy</c>, <c>NAME_loss</c>, <c>NAME_images</c>, and the first two also with
    /// <see cref="Before"/>.
    /// </summary>
    public static readonly IReadOnlyList<string> Measured = ["forgotten", "kept", "test"];

    private const int MostListed = 8;

    private readonly IAttributionMethod _method = MethodRegistry.Create(unlearning.Method, job.Matching.Defaults);

    public override string Name => StageName;

    public override string Title
        => $"unlearn {(forgotten.Length == 1 ? "group" : "groups")} "
            + $"{string.Join(", ", forgotten.Take(MostListed))}{(forgotten.Length > MostListed ? " …" : "")} by "
            + $"{MethodRegistry.Title(unlearning.Method)}";

    public override IReadOnlyList<string> Needs
        => [TrainStage.StageName, GroupStage.StageName, .. _method.Recipe is SynsetRecipe recipe
            ? (string[])[DistillStage.NameOf(recipe)] : []];

    public override object Settings
    {
        get
        {
            var settings = (_method as IModelMethod)?.Settings;
            return new { Groups = forgotten, unlearning.Method, settings?.Mode, settings?.Trust };
        }
    }

    public override ShardWork InShard => ShardWork.Dealt;

    public override StageResult Run(StageContext context)
    {
        RunInputs inputs = context.Inputs;
        GroupTable groups = GroupStage.Read(context);
        bool[] removed = [.. Enumerable.Range(0, groups.Count).Select(forgotten.Contains)];
        Tell(context, groups);
        using MethodContext request = MethodRequest.Create(context, job, groups, [], new PieceWork { Cancellation = context.Stop },
            onFigure: null,
            readsSynsets: true);
        float[] model = ((IUnlearningMethod)_method).Unlearn(request, forgotten);
        ParameterFile.Write(context.PathFor(FileName), inputs.Network, model,
            new Dictionary<string, string>(CheckpointMetadata.Of(inputs.Network, inputs.Normalization))
        {
            ["method"] = unlearning.Method,
            ["groups"] = string.Join(',', forgotten.Select(group => group.ToString(CultureInfo.InvariantCulture))),
        });

        int[] without = [.. Enumerable.Range(0, inputs.Train.Count).Where(n => removed[groups.GroupOf[n]])],
            with = [.. Enumerable.Range(0, inputs.Train.Count).Where(n => !removed[groups.GroupOf[n]])];
        var figures = new Dictionary<string, double> { [Groups] = forgotten.Length, ["forgotten_images"] = without.Length,
            ["kept_images"] = with.Length, ["test_images"] = inputs.Test.Count };
        Measure(context, model, without, with, "", figures);
        Measure(context, TrainStage.ReadTarget(context), without, with, Before, figures);
        return new StageResult([FileName], figures);
    }

    private static void Measure(StageContext context, float[] model, int[] forgottenImages, int[] keptImages, string suffix,
        Dictionary<string, double> figures)
    {
        RunInputs inputs = context.Inputs;
        float[] train = ModelFigures.Logits(context, model, inputs.Train);
        var measured = new Dictionary<string, double>();
        ModelFigures.Add(measured, Measured[0], train, inputs.Train.Labels, forgottenImages);
        ModelFigures.Add(measured, Measured[1], train, inputs.Train.Labels, keptImages);
        ModelFigures.Add(measured, Measured[2], ModelFigures.Logits(context, model, inputs.Test), inputs.Test.Labels);
        foreach ((string name, double value) in measured)
            figures.Add(name + suffix, value);
    }

    /// <summary>Says which groups the request fits.</summary>
    private void Tell(StageContext context, GroupTable groups)
    {
        string Class(int g) => context.Inputs.Train.DescribeClass(groups.ClassOf[g]);
        IEnumerable<string> listed = forgotten.Select(g => groups.Names is null
            ? $"{g} ({Class(g)}, cluster {groups.ClusterOf[g]}: {groups.Sizes[g]} images)"
            : $"{g} ({groups.Names[g]}, {Class(g)}: {groups.Sizes[g]} images)");
        context.Listener.Note($"To forget: {ShortList.Of(listed, MostListed)}; {forgotten.Sum(g => groups.Sizes[g])} of "
            + $"{context.Inputs.Train.Count} training images.");
    }
}
