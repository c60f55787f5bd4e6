using System.Globalization;
using System.Text.Json.Serialization;

namespace DdmNative.Attribution.Matching;

/// <summary>
/// Which synset a method runs on, with what was measured best for it (docs/attribution-quality.md); methods of equal recipes share one.
/// </summary>
/// <param name="Kind">One of the constants.</param>
/// <param name="PerGroup">m: images (or features) per group; 0 for a number by the group's size.</param>
/// <param name="Steps">Matching steps, of each phase where there are several; 0 for the measured number.</param>
public sealed record SynsetRecipe(string Kind, int PerGroup, int Steps)
{
    public const string Forward = "forward", Replay = "replay", Phases = "phases", Reverse = "reverse", Feature = "feature";

    /// <summary>As in the file's name, e.g. <c>forward-4</c>.</summary>
    public string Name => (PerGroup, StepsAreNamed) switch
    {
        (0, _) => Kind,
        (_, false) => string.Create(CultureInfo.InvariantCulture, $"{Kind}-{PerGroup}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Kind}-{PerGroup}-steps-{Steps}"),
    };

    /// <summary>Whether a method asks for other <see cref="Steps"/> than the job, so that its synset is not the others'.</summary>
    [JsonIgnore]
    public bool StepsAreNamed { get; init; }

    /// <summary>Whether it consists of images.</summary>
    public bool HasImages => Kind != Feature;

    /// <summary>Whether it is matched at checkpoints of the target's training, and not at the target alone.</summary>
    public bool NeedsTrajectory => Kind is Replay or Phases;
}
