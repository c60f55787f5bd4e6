using System.Globalization;
using DdmNative.Attribution.DepthDial;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Online;
using DdmNative.Runs.Folders;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>Distils one synset: <c>synset/RECIPE.safetensors</c>, or one file for each phase of training.</summary>
internal sealed class DistillStage(Job job, SynsetRecipe recipe) : Stage
{
    private const string FirstStepKey = "first_step";

    public override string Name => NameOf(recipe);

    public override string Title => recipe.Kind switch
    {
        SynsetRecipe.Forward => "distil the synset",
        SynsetRecipe.Replay => "distil the synset for replay",
        SynsetRecipe.Phases => "distil a synset for each phase of training",
        SynsetRecipe.Reverse => "distil the reverse synset (the paper's form)",
        _ => "distil the synset in feature space",
    };

    public override IReadOnlyList<string> Needs => [TrainStage.StageName, GroupStage.StageName];

    public override object Settings => new
    {
        job.Seed,
        Recipe = recipe,
        Matching = job.Matching.OptionsFor(recipe),
        job.Matching.Start,
        SynsetMatching.PhaseSteps,
        Replay = recipe.Kind switch { SynsetRecipe.Phases => new ControlledReplay().Options, SynsetRecipe.Replay => new Replay().Options,
        _ => null },
    };

    public override void Check(RunInputs inputs)
    {
        if (recipe.NeedsTrajectory)
            TrajectoryFiles.Require(inputs, recipe.Kind == SynsetRecipe.Phases ? "Mode 'controlled-replay'" : "Mode 'replay'");
    }

    public static string NameOf(SynsetRecipe recipe) => "distill:" + recipe.Name;

    /// <summary>The file of the mean gradient distance at every logged step, for recipes with a single matching.</summary>
    public static string DistancesOf(SynsetRecipe recipe) => $"synset/{recipe.Name}-distances.csv";

    /// <summary>Reads the synset of a recipe that has a single one.</summary>
    public static Synset Read(StageContext context, SynsetRecipe recipe) => SynsetFile.Read(context.Folder.PathOf(FileOf(recipe.Name)));

    /// <summary>Reads the synsets of all phases.</summary>
    public static IReadOnlyList<PhaseSynset> ReadPhases(StageContext context, SynsetRecipe recipe)
        => [.. Enumerable.Range(0, SynsetMatching.PhaseCount).Select(phase =>
        {
            string path = context.Folder.PathOf(FileOf(PhaseName(recipe, phase)));
            return new PhaseSynset(int.Parse(Safetensors.Read(path).Metadata[FirstStepKey], CultureInfo.InvariantCulture),
                SynsetFile.Read(path));
        })];

    public override double? Work(TrainingPasses passes)
    {
        if (recipe.Kind == SynsetRecipe.Feature)
            return passes.Images / 3.0;
        int phases = recipe.Kind == SynsetRecipe.Phases ? SynsetMatching.PhaseCount : 1;
        int steps = recipe.Steps > 0
            ? recipe.Steps : recipe.Kind == SynsetRecipe.Phases ? SynsetMatching.PhaseSteps : job.Matching.OptionsFor(recipe).StepsToTake;
        return phases * (passes.Gradients + TrainingPasses.Matching(passes.Groups * recipe.PerGroup, steps));
    }

    public override string PartialPath => $"synset/{recipe.Name}.partial";

    public override string? Kept(StageContext context)
        => new PartialFiles(context, PartialPath).Count > 0 ? "the matching's last state" : null;

    public override StageResult Run(StageContext context) => recipe.Kind switch
    {
        SynsetRecipe.Feature => DistillFeatures(context),
        SynsetRecipe.Phases => MatchPhases(context),
        _ => Match(context),
    };

    private static string FileOf(string name) => $"synset/{name}.safetensors";

    private static string PhaseName(SynsetRecipe recipe, int phase)
        => string.Create(CultureInfo.InvariantCulture, $"{recipe.Name}-{phase}");

    private StageResult Match(StageContext context)
    {
        using var inputs = new MatchingInputs(context, job, recipe);
        MatchingResult result = Matching(context, inputs).Match();
        SynsetFile.Write(context.PathFor(FileOf(recipe.Name)), result.Synset);
        CurveFile.Write(context.PathFor(DistancesOf(recipe)), "distance", CurveFile.MeanDistances(result.Log));
        return new StageResult([FileOf(recipe.Name), DistancesOf(recipe)], new Dictionary<string, double>
        {
            ["distance_first"] = result.Log[0].Distances.Average(),
            ["distance_last"] = result.Log[^1].Distances.Average(),
        });
    }

    private StageResult MatchPhases(StageContext context)
    {
        using var inputs = new MatchingInputs(context, job, recipe);
        IReadOnlyList<PhaseSynset> phases = Matching(context, inputs).MatchPhases();
        var names = new List<string>();
        foreach (PhaseSynset phase in phases)
        {
            string name = FileOf(PhaseName(recipe, names.Count));
            SynsetFile.Write(context.PathFor(name), phase.Synset,
                new Dictionary<string, string> { [FirstStepKey] = phase.FirstStep.ToString(CultureInfo.InvariantCulture) });
            names.Add(name);
        }

        return new StageResult(names);
    }

    private StageResult DistillFeatures(StageContext context)
    {
        FeatureSynset synset = FeatureSynset.Distil(GroupStage.Features(context), GroupStage.Read(context), recipe.PerGroup, job.Seed,
            context.Inputs.Train.Labels);
        FeatureSynsetFile.Write(context.PathFor(FileOf(recipe.Name)), synset);
        return new StageResult([FileOf(recipe.Name)], new Dictionary<string, double> { ["features"] = synset.Groups.Length });
    }

    /// <summary>Reads the feature synset that the finished stage wrote.</summary>
    public static FeatureSynset ReadFeatures(StageContext context, SynsetRecipe recipe)
        => FeatureSynsetFile.Read(context.Folder.PathOf(FileOf(recipe.Name)));

    private SynsetMatching Matching(StageContext context, MatchingInputs inputs)
    {
        MatchingOptions options = job.Matching.OptionsFor(recipe);
        options = options with { Wave = context.Settings.Bounded(options.Wave) };
        return new SynsetMatching(context.Device, context.Inputs.Network, inputs.Trajectory, inputs.Start, inputs.Real, options,
            RunInputs.Recipe(job), recipe)
        {
            OnProgress = context.Listener.Progress,
            Cancellation = context.Stop,
            Kept = new PartialFiles(context, PartialPath),
        };
    }
}
