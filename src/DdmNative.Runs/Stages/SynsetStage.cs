using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Jobs;
using DdmNative.Runs.Reports;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Writes the synset of the job's first synset mode to the main folder: <c>synset.safetensors</c> and, beside real images,
/// <c>synset.png</c>.
/// </summary>
internal sealed class SynsetStage(SynsetRecipe recipe) : Stage
{
    public const string FileName = "synset.safetensors";
    private const string StageName = "synset", PictureFile = "synset.png";

    public override string Name => StageName;

    public override string Title => "draw the synset";

    public override IReadOnlyList<string> Needs => [DistillStage.NameOf(recipe)];

    public override object Settings => new { recipe.Name };

    public override double? Work(TrainingPasses passes) => 0;

    /// <summary>The recipe of the synset that is shown: that of the job's first method with images; null if there is none.</summary>
    public static SynsetRecipe? Shown(Job job)
        => MethodRegistry.Parts(job.Attribution.Methods).Select(method => job.Matching.RecipeFor(method))
            .FirstOrDefault(recipe => recipe is { HasImages: true });

    public override StageResult Run(StageContext context)
    {
        // Of the phases' synsets, the last: the one nearest to the trained target.
        Synset synset = recipe.Kind == SynsetRecipe.Phases
            ? DistillStage.ReadPhases(context, recipe)[^1].Synset : DistillStage.Read(context, recipe);
        SynsetFile.Write(context.PathFor(FileName), synset);
        Picture picture = SynsetPicture.Draw(synset, context.Inputs, GroupStage.Read(context));
        PngWriter.Save(context.PathFor(PictureFile), picture.Pixels, picture.Height, picture.Width, picture.Channels);
        return new StageResult(FileName, PictureFile);
    }
}
