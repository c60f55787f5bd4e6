using System.Globalization;
using DdmNative.Attribution.Methods;

namespace DdmNative.Attribution.Matching;

/// <summary>Which synset a method runs on, with what was measured best for it (docs/attribution-quality.md); methods of equal recipes share one.</summary>
/// <param name="Kind">One of the constants.</param>
/// <param name="PerGroup">m: images (or features) per group; 0 for a number by the group's size.</param>
/// <param name="Steps">Matching steps, of each phase where there are several; 0 for the measured number.</param>
public sealed record SynsetRecipe(string Kind, int PerGroup, int Steps)
{
    public const string Forward = "forward", Replay = "replay", Phases = "phases", Reverse = "reverse", Feature = "feature";

    /// <summary>As in the file's name, e.g. <c>forward-4</c>.</summary>
    public string Name => PerGroup == 0 ? Kind : string.Create(CultureInfo.InvariantCulture, $"{Kind}-{PerGroup}");

    /// <summary>Whether it consists of images.</summary>
    public bool HasImages => Kind != Feature;

    /// <summary>Whether it is matched at checkpoints of the target's training, and not at the target alone.</summary>
    public bool NeedsTrajectory => Kind is Replay or Phases;

    /// <summary>The recipe of a method; null for one that needs no synset.</summary>
    /// <param name="method">Its name.</param>
    /// <param name="imagesPerGroup">m, where the method's name does not say; null for what was measured best.</param>
    /// <param name="steps">Matching steps; null for the measured number.</param>
    public static SynsetRecipe? For(string method, int? imagesPerGroup, int? steps)
    {
        (string Kind, int PerGroup)? best = (AttributionMethods.SynsetMode(method) ?? method) switch
        {
            // One image predicts as well as four, and costs a quarter online.
            "repair" => (Forward, 1),
            "push" => (Forward, 4),
            "replay" => (Replay, 2),
            "controlled-replay" => (Phases, 2),
            "forget" => (Reverse, 4),
            "feature" => (Feature, 0),
            _ => null,
        };
        if (best is not (string kind, int perGroup))
            return null;
        return kind == Feature ? new SynsetRecipe(kind, perGroup, 0) : new SynsetRecipe(kind, AttributionMethods.ImagesPerGroup(method) ?? imagesPerGroup ?? perGroup, steps ?? 0);
    }
}
