using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Methods;
using DdmNative.Runs.Jobs;

namespace DdmNative.Runs.Stages;

/// <summary>
/// Writes the synset of the job's first synset mode to the main folder: <c>synset.safetensors</c> and, with a column per group,
/// <c>synset.png</c>.
/// </summary>
internal sealed class SynsetStage(SynsetRecipe recipe) : Stage
{
    public const string FileName = "synset.safetensors";
    private const string StageName = "synset", PictureFile = "synset.png";
    private const byte Gap = 32;

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
        WritePicture(context.PathFor(PictureFile), synset, context.Inputs.Normalization, context.Inputs.Pixels);
        return new StageResult(FileName, PictureFile);
    }

    /// <summary>One column per group with its images from top to bottom, separated by one grey pixel.</summary>
    private static void WritePicture(string path, Synset synset, Normalization normalization, PixelRange range)
    {
        (int channels, int height, int width) = (synset.Image.Channels, synset.Image.Height, synset.Image.Width);
        float[] pixels = [.. synset.Images];
        normalization.Invert(pixels, channels, height * width);
        range.ToUnit(pixels);
        var picture = new Picture(synset.PerGroup * (height + 1) + 1, synset.GroupCount * (width + 1) + 1, channels, Gap);
        for (int i = 0; i < synset.Count; i++)
            picture.Draw(pixels.AsSpan(i * synset.ImageLength, synset.ImageLength), height, width, 1 + i % synset.PerGroup * (height + 1),
                1 + i / synset.PerGroup * (width + 1));
        PngWriter.Save(path, picture.Pixels, picture.Height, picture.Width, picture.Channels);
    }
}
